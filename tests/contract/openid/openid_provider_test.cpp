// SPDX-License-Identifier: MIT
#include "browser.h"
#include "provider_stand.h"

#include "base/clock.h"
#include "service/openid.h"
#include "support/http_desk.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Browser;
using testing::must;
using testing::ProviderStand;

namespace {

/// Alice has an account with her address. The provider's clock is that of the machine, so it is ours, too.
struct RealDesk : testing::PeopleDesk {
    explicit RealDesk(const ProviderStand& stand)
        : settings{.issuer = stand.issuer(),
                   .client_id = ProviderStand::client,
                   .client_secret = ProviderStand::secret,
                   .redirect = ProviderStand::redirect} {
        moment = SystemClock().now();
        alice = add_person("alice", false);
        change(alice.id, [](User& person) { person.email = ProviderStand::email; });
    }
    OpenId openid() { return OpenId(database, vault, curl, settings); }
    Browser::Arrival travel(OpenId& by, Browser& browser, const char* person = ProviderStand::verified) {
        const auto departure = must(by.begin(moment));
        const auto arrival = browser.sign_in(departure.url, person, settings.redirect);
        CHECK(arrival.state == departure.state);
        return arrival;
    }
    Result<SignedIn> finish(OpenId& by, const Browser::Arrival& arrival) {
        return by.finish({.state = arrival.state, .code = arrival.code, .address = "192.0.2.7"}, moment);
    }
    bool refuses(OpenId& by, const Browser::Arrival& arrival) {
        const auto came = finish(by, arrival);
        return !came && came.error().code == ErrorCode::forbidden;
    }
    std::int64_t sessions() { return number(R"(SELECT COUNT(*) FROM "login_session")"); }

    CurlClient curl;
    OpenIdSettings settings;
    User alice;
};

void check_ways_in(const ProviderStand& stand) {
    RealDesk desk(stand);
    auto openid = desk.openid();
    Browser browser;
    const auto came = desk.finish(openid, desk.travel(openid, browser));
    REQUIRE_MESSAGE(came, came.error().message);
    CHECK(came->user == desk.alice.id);
    CHECK(browser.forms_filled() == 2);
    const auto session = SignIn(desk.database, desk.vault).find_session(came->token, "web", "192.0.2.7", desk.moment);
    REQUIRE(session);
    CHECK(session->caller.actor.user == desk.alice.id);

    // The provider remembers its session and the consent; we, whom its name means.
    desk.change(desk.alice.id, [](User& user) { user.email.reset(); });
    CHECK(must(desk.finish(openid, desk.travel(openid, browser))).user == desk.alice.id);
    CHECK(browser.forms_filled() == 2);
    CHECK(desk.sessions() == 2);
}

void check_public_client(const ProviderStand& stand) {
    RealDesk desk(stand);
    desk.settings.client_id = ProviderStand::public_client;
    desk.settings.client_secret.clear();
    auto openid = desk.openid();
    Browser browser;
    CHECK(must(desk.finish(openid, desk.travel(openid, browser))).user == desk.alice.id);
}

void check_states_and_codes(const ProviderStand& stand) {
    RealDesk desk(stand);
    auto openid = desk.openid();
    Browser browser;
    const auto arrival = desk.travel(openid, browser);
    CHECK(desk.refuses(openid, {.state = arrival.state + "x", .code = arrival.code}));
    CHECK(must(desk.finish(openid, arrival)).user == desk.alice.id);
    CHECK(desk.refuses(openid, arrival));
    // With a state that is good.
    const auto state = must(openid.begin(desk.moment)).state;
    CHECK(desk.refuses(openid, {.state = state, .code = arrival.code}));
    // A code that is good, but of another sign-in: its verifier is another.
    const auto first = desk.travel(openid, browser), second = desk.travel(openid, browser);
    CHECK(desk.refuses(openid, {.state = first.state, .code = second.code}));
    CHECK(desk.sessions() == 1);
}

void check_people(const ProviderStand& stand) {
    RealDesk desk(stand);
    auto openid = desk.openid();
    Browser of_alice, of_mallory;
    CHECK(desk.refuses(openid, desk.travel(openid, of_mallory, ProviderStand::not_verified)));
    const auto enable = [&](bool is_enabled) {
        desk.change(desk.alice.id, [&](User& user) { user.enabled = is_enabled; });
    };
    enable(false);
    CHECK(desk.refuses(openid, desk.travel(openid, of_alice)));
    CHECK(desk.sessions() == 0);
    enable(true);
    CHECK(desk.finish(openid, desk.travel(openid, of_alice)));
    enable(false);
    CHECK(desk.refuses(openid, desk.travel(openid, of_alice)));
    CHECK(desk.sessions() == 1);
}

void check_way_over_rest(const ProviderStand& stand) {
    testing::OverHttp<RealDesk> desk(stand);
    auto openid = desk.openid();
    auto context = desk.context;
    context.openid = &openid;
    RestApi api(context);
    const auto get = [&](std::string_view target, const std::string& cookies) {
        return api.handle(desk.request("GET", target, {{"Cookie", cookies}}));
    };
    const auto cookie_in = [](const http::Response& response) {
        const auto cookie = std::string(response.headers.get("Set-Cookie"));
        return cookie.substr(0, cookie.find(';'));
    };
    const auto left = get("/api/v1/session/openid", "");
    REQUIRE(left.status == 302);
    Browser browser;
    const auto arrival =
        browser.sign_in(std::string(left.headers.get("Location")), ProviderStand::verified, desk.settings.redirect);
    const auto target = fmt::format("/api/v1/session/openid/return?state={}&code={}", arrival.state, arrival.code);
    CHECK(get(target, "").status == 403);
    const auto back = get(target, cookie_in(left));
    REQUIRE(back.status == 302);
    CHECK(back.headers.get("Location") == "/");
    const auto account = get("/api/v1/account", cookie_in(back));
    CHECK(account.status == 200);
    CHECK(desk.body_of(account).at("login") == "alice");
}

void check_secret(const ProviderStand& stand) {
    RealDesk desk(stand);
    desk.settings.client_secret = "another";
    auto openid = desk.openid();
    Browser browser;
    CHECK(desk.refuses(openid, desk.travel(openid, browser)));
}

}  // namespace

TEST_CASE("people sign in at a real provider") {
    const auto stand = ProviderStand::start();
    if (!stand) return;
    SUBCASE("by the address, then by the provider's name") { check_ways_in(*stand); }
    SUBCASE("of a client without a secret") { check_public_client(*stand); }
    SUBCASE("with each state and code once, and together") { check_states_and_codes(*stand); }
    SUBCASE("if they are who they say, and enabled") { check_people(*stand); }
    SUBCASE("of a client whose secret is right") { check_secret(*stand); }
    SUBCASE("through the REST API, with the browser that set out") { check_way_over_rest(*stand); }
}
