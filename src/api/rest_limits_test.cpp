// SPDX-License-Identifier: MIT
#include "api/rate_limit.h"
#include "service/talk_limit.h"
#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

TEST_CASE("who asks too often is told when to come back, and keeps nobody else out") {
    ApiDesk desk;
    RateLimiter limiter({"caller", 3}, {"address", 2});
    auto context = desk.context;
    context.rate_limiter = &limiter;
    RestApi api(context);
    const auto ask = [&](std::string_view target, http::Headers headers) {
        return api.handle(desk.request("GET", "/api/v1" + std::string(target), std::move(headers)));
    };
    for (int i = 2; i >= 0; --i) {
        const auto answer = ask("/companies", desk.as_admin());
        CHECK(answer.status == 200);
        CHECK(answer.headers.get("RateLimit") == fmt::format("\"caller\";r={};t={}", i, (3 - i) * 20));
    }
    const auto refused = ask("/companies", desk.as_admin());
    CHECK(refused.status == 429);
    CHECK(refused.headers.get("Retry-After") == "20");
    CHECK(desk.body_of(refused).at("code") == "limited");

    const auto other = desk.company_token("anna", desk.company.id, CompanyRole::viewer);
    CHECK(ask("/companies", desk.bearer(other)).status == 200);
    // Guessing tokens is counted with the address.
    CHECK(ask("/companies", desk.bearer("mfx_wrong")).status == 401);
    CHECK(ask("/companies", {}).status == 401);
    CHECK(ask("/companies", desk.bearer("mfx_wrong")).status == 429);
    CHECK(ask("/companies", desk.bearer(other)).status == 200);

    desk.clock.set(desk.moment + std::chrono::seconds(20));
    CHECK(ask("/companies", desk.as_admin()).status == 200);
}

TEST_CASE("at a socket those who name nobody are told apart by their users of the system") {
    ApiDesk desk;
    RateLimiter limiter({"caller", 3}, {"address", 1});
    auto context = desk.context;
    context.rate_limiter = &limiter;
    RestApi api(context);
    const auto ask = [&](std::optional<unsigned> user, std::string client = {}) {
        auto request = desk.request("GET", "/api/v1/companies");
        request.client = std::move(client);
        request.peer_user = user;
        return api.handle(request).status;
    };
    CHECK(ask(1000) == 401);
    CHECK(ask(1000) == 429);
    CHECK(ask(1001) == 401);
    CHECK(ask({}) == 401);
    // What a proxy there says counts as anywhere else.
    CHECK(ask(1000, "192.0.2.9") == 401);
    CHECK(ask(1001, "192.0.2.9") == 429);
}

TEST_CASE("sign-ins that wait for another provider are few at a time") {
    ApiDesk desk;
    std::vector<std::string> asked;
    bool is_busy = false;
    std::function<void()> while_asked = [] {};
    testing::FakeHttp provider{[&](const HttpRequest& request) -> Result<HttpReply> {
        asked.push_back(request.url);
        while_asked();
        return HttpReply{.status = 503};
    }};
    OpenId openid(desk.database, desk.vault, provider,
                  {.issuer = "https://id.example.com", .client_id = "us", .redirect = "https://multiflexi.example/"});
    const auto limit = TalkLimit::of(1, 1);
    auto context = desk.context;
    context.openid = &openid;
    context.sign_in_limit = limit.get();
    RestApi api(context);
    const auto leave = [&] { return api.handle(desk.request("GET", "/api/v1/session/openid")); };
    const auto back = [&] {
        return api.handle(
            desk.request("GET", "/api/v1/session/openid/return?state=s&code=c", {{"Cookie", "multiflexi_openid=s"}}));
    };
    while_asked = [&] {
        for (const auto& refused : {leave(), back()}) {
            is_busy = refused.status == 429;
            CHECK(is_busy);
            CHECK(refused.headers.get("Retry-After") == "3");
            CHECK(refused.headers.get("Refresh") == "3");
        }
    };
    CHECK(leave().status == 503);
    CHECK(asked.size() == 1);
    CHECK(is_busy);
    // The place is free again.
    while_asked = [] {};
    CHECK(leave().status == 503);
    CHECK(asked.size() == 2);
}
