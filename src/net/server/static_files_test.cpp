// SPDX-License-Identifier: MIT
#include "net/server/static_files.h"

#include "base/digest.h"
#include "net/server/content_coding.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("files are kept for ever under addresses that change with their content") {
    const std::string content = "alert('hello');";
    const auto packed = http::gzipped(content);
    const auto digest = sha256_hex(packed);
    const EmbeddedFile files[] = {{"page.min.js.gz", packed, digest}};
    const http::StaticFiles served(files, "/assets/");
    const auto address = served.address_of("page.min.js");
    CHECK(address == "/assets/page.min." + digest.substr(0, 16) + ".js");
    CHECK(served.address_of("other.js").empty());
    const auto segment = address.substr(8);
    const auto ask = [&](std::string method, std::string_view coding, std::string_view wanted) {
        http::Request request{.method = std::move(method), .path = {}, .segments = {}};
        if (!coding.empty()) request.headers.add("Accept-Encoding", std::string(coding));
        return served.find(request, wanted);
    };
    const auto small = ask("GET", "gzip, br", segment);
    REQUIRE(small);
    CHECK(small->body == packed);
    CHECK(small->headers.get("Content-Encoding") == "gzip");
    CHECK(small->headers.get("Content-Type") == "text/javascript; charset=utf-8");
    CHECK(small->headers.get("Cache-Control").find("immutable") != std::string_view::npos);
    CHECK(small->headers.get("Vary") == "Accept-Encoding");
    const auto plain = ask("GET", "", segment);
    REQUIRE(plain);
    CHECK(plain->body == content);
    CHECK_FALSE(plain->headers.has("Content-Encoding"));
    CHECK_FALSE(ask("GET", "gzip", "page.min.js"));
    CHECK_FALSE(ask("POST", "gzip", segment));
}

TEST_CASE("what was compressed becomes what it was, and other bytes are refused") {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += static_cast<char>('a' + i % 317 * i % 23);
    CHECK(http::gunzipped(http::gzipped(text)) == text);
    CHECK(http::gunzipped(http::gzipped("")).empty());
    CHECK_THROWS_AS(http::gunzipped("no gzip"), std::runtime_error);
    CHECK_THROWS_AS(http::gunzipped(http::gzipped(text).substr(0, 100)), std::runtime_error);
}
