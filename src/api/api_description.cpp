// SPDX-License-Identifier: MIT
#include "api/api_description.h"

#include "api/openapi/document.h"
#include "api/problem.h"
#include "api/rest_answer.h"
#include "base/digest.h"
#include "base/json.h"
#include "net/server/content_coding.h"

#include <fmt/format.h>

namespace mf {

std::span<const EmbeddedFile> web_reference_files();

namespace {

/// Nothing from elsewhere, nothing written into the page: Swagger UI works with that.
constexpr std::string_view policy_of_page =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src "
    "'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

constexpr std::string_view page_text = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MultiFlexi REST API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{}">
<link rel="stylesheet" href="{}">
</head>
<body>
<main id="reference" data-description="{}">
<noscript>This page needs JavaScript. The description is at <a href="{}">{}</a>, for programs.</noscript>
</main>
<script src="{}"></script>
<script src="{}"></script>
</body>
</html>
)";

bool is_reading(const http::Request& request) { return request.method == "GET" || request.method == "HEAD"; }

http::Response only_read() {
    auto out = problem(405, "The description is read with GET.");
    out.headers.set("Allow", "GET, HEAD");
    return out;
}

}  // namespace

ApiDescription::ApiDescription(const Operations& operations, std::string_view root)
    : root_(root),
      document_(to_text(json::value(openapi::document(operations)))),
      compressed_(http::gzipped(document_)),
      tag_(fmt::format("\"{}\"", sha256_hex(document_).substr(0, 32))),
      files_(web_reference_files(), root_ + "/docs/") {}

std::optional<http::Response> ApiDescription::answer_to(const http::Request& request,
                                                        std::span<const std::string> segments) const {
    // A person comes with a browser; programs get an answer there.
    const bool is_root = (segments.empty() || (segments.size() == 1 && segments[0].empty())) &&
                         request.headers.list("Accept").find("text/html") != std::string::npos;
    if (!is_root &&
        (segments.empty() || (segments[0] != "docs" && (segments[0] != "openapi.json" || segments.size() != 1))))
        return std::nullopt;
    if (!is_reading(request)) return only_read();
    if (is_root || (segments.size() == 2 && segments[1].empty())) {
        http::Response out{.status = 302};
        out.headers.set("Location", root_ + "/docs");
        return out;
    }
    if (segments[0] == "openapi.json") return document(request);
    if (segments.size() == 1) return page();
    if (auto file = files_.find(request, segments.back()); file && segments.size() == 2) return file;
    return problem(404, fmt::format("There is nothing at {}. The page is at {}/docs.", request.path, root_));
}

http::Response ApiDescription::document(const http::Request& request) const {
    const bool is_compressed = http::accepts_gzip(request.headers.list("Accept-Encoding"));
    http::Response out;
    // The tag of the other bytes is a weak one (RFC 9110, section 8.8.1).
    out.headers.set("ETag", is_compressed ? "W/" + tag_ : tag_);
    out.headers.set("Cache-Control", "no-cache");
    out.headers.set("Vary", "Accept-Encoding");
    if (names_tag(request.headers.list("If-None-Match"), tag_, Weak::counts)) {
        out.status = 304;
        return out;
    }
    out.headers.set("Content-Type", "application/json");
    if (is_compressed) out.headers.set("Content-Encoding", "gzip");
    out.body = is_compressed ? compressed_ : document_;
    return out;
}

http::Response ApiDescription::page() const {
    const auto program = files_.address_of("swagger-ui-bundle.js");
    if (program.empty())
        return problem(
            404, fmt::format("This program was built without pages. The description is at {}/openapi.json.", root_));
    const auto description = root_ + "/openapi.json";
    auto out =
        http::response(200, "text/html; charset=utf-8",
                       fmt::format(page_text, files_.address_of("swagger-ui.css"), files_.address_of("reference.css"),
                                   description, description, description, program, files_.address_of("reference.js")));
    out.headers.set("Cache-Control", "no-cache");
    out.headers.set("Content-Security-Policy", std::string(policy_of_page));
    out.headers.set("Referrer-Policy", "same-origin");
    out.headers.set("X-Content-Type-Options", "nosniff");
    return out;
}

}  // namespace mf
