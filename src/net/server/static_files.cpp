// SPDX-License-Identifier: MIT
#include "net/server/static_files.h"

#include "net/server/content_coding.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf::http {
namespace {

constexpr std::string_view compressed_ending = ".gz";
constexpr std::size_t digits_in_address = 16;

std::string_view media_type_of_file(std::string_view name) {
    const auto ending = name.substr(name.rfind('.') + 1);
    if (ending == "js") return "text/javascript; charset=utf-8";
    if (ending == "css") return "text/css; charset=utf-8";
    if (ending == "svg") return "image/svg+xml";
    if (ending == "png") return "image/png";
    if (ending == "woff2") return "font/woff2";
    throw std::logic_error(fmt::format("no media type is known for the file {}", name));
}

}  // namespace

StaticFiles::StaticFiles(std::span<const EmbeddedFile> files, std::string root) : root_(std::move(root)) {
    for (const auto& file : files) {
        if (!file.name.ends_with(compressed_ending))
            throw std::logic_error(fmt::format("the file {} is not compressed", file.name));
        const auto name = file.name.substr(0, file.name.size() - compressed_ending.size());
        (void)media_type_of_file(name);
        const auto point = name.rfind('.');
        auto segment =
            fmt::format("{}.{}{}", name.substr(0, point), file.sha256.substr(0, digits_in_address), name.substr(point));
        files_.emplace(segment, &file);
        addresses_.emplace(name, std::move(segment));
    }
}

std::string StaticFiles::address_of(std::string_view name) const {
    const auto found = addresses_.find(name);
    return found == addresses_.end() ? std::string() : root_ + found->second;
}

std::optional<Response> StaticFiles::find(const Request& request, std::string_view segment) const {
    const auto found = files_.find(segment);
    if (found == files_.end() || (request.method != "GET" && request.method != "HEAD")) return std::nullopt;
    const auto content = found->second->content;
    Response out;
    out.headers.set("Content-Type", std::string(media_type_of_file(segment)));
    out.headers.set("Cache-Control", "public, max-age=31536000, immutable");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.set("Vary", "Accept-Encoding");
    if (accepts_gzip(request.headers.list("Accept-Encoding"))) {
        out.headers.set("Content-Encoding", "gzip");
        out.body = content;
    } else {
        out.body = gunzipped(content);
    }
    return out;
}

}  // namespace mf::http
