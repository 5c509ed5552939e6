// SPDX-License-Identifier: MIT
#include "net/server/content_coding.h"
#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

TEST_CASE("whoever asks reads the description of the API, and reads it once") {
    ApiDesk desk;
    const auto whole = desk.ask("GET", "/openapi.json");
    CHECK(whole.status == 200);
    CHECK(whole.headers.get("Content-Type") == "application/json");
    const auto tag = std::string(whole.headers.get("ETag"));
    CHECK(tag.size() == 34);
    CHECK(desk.ask("GET", "/openapi.json", {{"If-None-Match", "W/" + tag}}).status == 304);
    CHECK(desk.ask("GET", "/openapi.json", desk.bearer("good for nothing")).status == 200);
    const auto compressed = desk.ask("GET", "/openapi.json", {{"Accept-Encoding", "gzip"}});
    CHECK(compressed.headers.get("Content-Encoding") == "gzip");
    CHECK(compressed.headers.get("ETag") == "W/" + tag);
    for (const auto* each : {&whole, &compressed}) CHECK(each->headers.get("Vary") == "Accept-Encoding");
    CHECK(http::gunzipped(compressed.body) == whole.body);
    CHECK(desk.ask("GET", "/openapi.json", {{"If-None-Match", "W/" + tag}, {"Accept-Encoding", "gzip"}}).status == 304);
    const auto changed = desk.ask("POST", "/openapi.json");
    CHECK(changed.status == 405);
    CHECK(changed.headers.get("Allow") == "GET, HEAD");
    const auto document = desk.body_of(whole);
    CHECK(document.at("openapi") == "3.1.0");
    CHECK(document.at("info").at("version") == MULTIFLEXI_VERSION);
}

TEST_CASE("every operation is described where it is") {
    ApiDesk desk;
    const auto document = desk.body_of(desk.ask("GET", "/openapi.json"));
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        const auto blank = operation.route.find(' ');
        std::string method;
        for (const char c : operation.route.substr(0, blank)) method += static_cast<char>(std::tolower(c));
        const auto& described = document.at("paths").at(operation.route.substr(blank + 1)).at(method);
        CHECK(described.at("operationId") == json::value(operation.name));
        CHECK(described.at("x-permission") == json::value(name_of(operation.permission)));
        std::set<std::string> inputs;
        for (const auto& parameter : described.at("parameters").as_array())
            if (const auto* name = parameter.as_object().if_contains("name"))
                inputs.insert(std::string(name->as_string()));
        if (const auto* body = described.as_object().if_contains("requestBody")) {
            CHECK((method == "post" || method == "put" || method == "patch"));
            for (const auto& member :
                 body->at("content").at("application/json").at("schema").at("properties").as_object())
                CHECK(inputs.insert(std::string(member.key())).second);
        }
        for (const Field& field : operation.input->fields)
            if (!field.options.read_only && field.name != "nothing" && field.name != "limit" && field.name != "after")
                CHECK(inputs.contains(std::string(field.name)));
    }
}

TEST_CASE("the page for people loads nothing from elsewhere") {
    ApiDesk desk;
    for (const auto* shorter : {"", "/", "/docs/"}) {
        CAPTURE(shorter);
        const auto answer = desk.ask("GET", shorter, {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
        CHECK(answer.status == 302);
        CHECK(answer.headers.get("Location") == "/api/v1/docs");
    }
    CHECK(desk.ask("GET", "/docs/unheard-of.js").status == 404);
    const auto page = desk.ask("GET", "/docs");
    // Built without the files of pages.
    if (page.status == 404) {
        CHECK(page.body.find("/api/v1/openapi.json") != std::string::npos);
        return;
    }
    REQUIRE(page.status == 200);
    CHECK(page.headers.get("Content-Security-Policy").starts_with("default-src 'none'; script-src 'self';"));
    CHECK(page.headers.get("Content-Security-Policy").find("unsafe") == std::string_view::npos);
    CHECK(page.body.find("style=") == std::string::npos);
    CHECK(page.body.find("://") == std::string::npos);
    int files = 0;
    for (const auto* attribute : {"src=\"", "href=\"/api/v1/docs/"})
        for (auto at = page.body.find(attribute); at != std::string::npos; at = page.body.find(attribute, at + 1)) {
            const auto from = page.body.find("/api/v1", at);
            const auto address = page.body.substr(from + 7, page.body.find('"', from) - from - 7);
            CAPTURE(address);
            const auto file = desk.ask("GET", address, {{"Accept-Encoding", "gzip"}});
            CHECK(file.status == 200);
            CHECK(file.headers.get("Cache-Control").find("immutable") != std::string_view::npos);
            CHECK(file.headers.get("Content-Encoding") == "gzip");
            ++files;
        }
    CHECK(files == 4);
}

TEST_CASE("whoever reads the description is counted with his address") {
    ApiDesk desk;
    RateLimiter limiter({"caller", 100}, {"address", 3});
    auto context = desk.context;
    context.rate_limiter = &limiter;
    RestApi api(context);
    const auto status = [&](std::string_view path) {
        const auto answer = api.handle(desk.request("GET", path));
        CHECK(answer.headers.has("RateLimit"));
        CHECK(answer.headers.has("Retry-After") == (answer.status == 429));
        return answer.status;
    };
    CHECK(status("/api/v1/openapi.json") == 200);
    CHECK(status("/api/v1/docs") < 429);
    CHECK(status("/api/v1/docs/none.js") == 404);
    CHECK(status("/api/v1/openapi.json") == 429);
    CHECK(status("/api/v1/docs") == 429);
}
