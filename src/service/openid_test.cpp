// SPDX-License-Identifier: MIT
#include "service/openid.h"

#include "net/url.h"
#include "secure/signed_token.h"
#include "support/fake_http.h"
#include "support/people_desk.h"
#include "support/token_signer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace std::chrono_literals;
using testing::TokenSigner;

namespace {

constexpr const char* issuer = "https://id.example.com";
constexpr const char* client = "multiflexi";

std::string parameter(const std::string& query, std::string_view name) {
    const auto mark = fmt::format("{}=", name);
    for (auto at = query.find(mark); at != std::string::npos; at = query.find(mark, at + 1))
        if (at > 0 && (query[at - 1] == '?' || query[at - 1] == '&')) {
            const auto begin = at + mark.size();
            return percent_decoded(query.substr(begin, query.find('&', begin) - begin));
        }
    return {};
}

/// A provider that knows one person, and what a browser would do.
struct OpenIdDesk : testing::PeopleDesk {
    User alice = add_person("alice", false);
    std::unique_ptr<TokenSigner> signer = std::make_unique<TokenSigner>(TokenSigner::Kind::p256, "first");
    json::object configuration{{"issuer", issuer},
                               {"authorization_endpoint", "https://id.example.com/authorize"},
                               {"token_endpoint", "https://id.example.com/token"},
                               {"jwks_uri", "https://id.example.com/keys"}};
    json::object claims{{"iss", issuer},          {"aud", client},
                        {"sub", "subject-1"},     {"exp", seconds(moment + 5min)},
                        {"iat", seconds(moment)}, {"email", "alice@example.com"},
                        {"email_verified", true}};
    OpenIdSettings settings{.issuer = issuer,
                            .client_id = client,
                            .client_secret = "s:cret",
                            .redirect = "https://multiflexi.example.com/openid"};
    std::string challenge, nonce;  // what the browser brought to the provider
    testing::FakeHttp provider{[this](const HttpRequest& request) { return answer(request); }};

    static std::int64_t seconds(Timestamp at) { return ms(at) / 1000; }

    Result<HttpReply> answer(const HttpRequest& request) {
        const auto reply = [](const json::value& body) { return HttpReply{.status = 200, .body = to_text(body)}; };
        if (request.url.ends_with("/.well-known/openid-configuration")) return reply(configuration);
        if (request.url.ends_with("/keys"))
            return HttpReply{.status = 200, .body = TokenSigner::key_set({signer.get()})};
        CHECK(request.method == "POST");
        CHECK(testing::header_of(request, "Authorization") == "Basic bXVsdGlmbGV4aTpzJTNBY3JldA==");
        if (parameter("?" + request.body, "code") != "good" ||
            code_challenge(parameter("?" + request.body, "code_verifier")) != challenge)
            return HttpReply{.status = 400, .body = R"({"error":"invalid_grant"})"};
        auto issued = claims;
        if (!issued.contains("nonce")) issued["nonce"] = nonce;
        return reply({{"id_token", signer->sign(to_text(json::value(issued)))}});
    }
    OpenId openid() { return OpenId(database, vault, provider, settings); }
    /// As far as the provider sends the browser back; the state.
    std::string depart(OpenId& by, Timestamp now = testing::test_time) {
        const auto departure = testing::must(by.begin(now));
        CHECK(departure.url.starts_with("https://id.example.com/authorize?response_type=code&client_id=multiflexi&"));
        CHECK(parameter(departure.url, "redirect_uri") == settings.redirect);
        CHECK(parameter(departure.url, "scope") == "openid profile email");
        CHECK(parameter(departure.url, "code_challenge_method") == "S256");
        CHECK(parameter(departure.url, "state") == departure.state);
        challenge = parameter(departure.url, "code_challenge");
        nonce = parameter(departure.url, "nonce");
        return departure.state;
    }
    Result<SignedIn> round(OpenId& by, std::string code = "good") {
        auto state = depart(by);
        return by.finish({.state = std::move(state), .code = std::move(code), .address = "192.0.2.7"}, moment);
    }
    void know_alice() {
        change(alice.id, [](User& person) { person.email = "alice@example.com"; });
    }
    ErrorCode refusal(OpenId& by, std::string code = "good") {
        const auto came = round(by, std::move(code));
        REQUIRE_FALSE(came);
        return came.error().code;
    }
};

}  // namespace

TEST_CASE("somebody comes in by the verified address once, and by the provider's name for him from then on") {
    OpenIdDesk desk;
    desk.know_alice();
    auto openid = desk.openid();
    const auto came = testing::must(desk.round(openid));
    CHECK(came.user == desk.alice.id);
    CHECK(came.token.starts_with("mfs_"));
    CHECK(desk.all<LoginSession>().front().method == "openid");
    CHECK(desk.audited("identity_add") == 1);
    CHECK(desk.audited("sign_in") == 1);
    desk.change(desk.alice.id, [](User& user) { user.email.reset(); });
    CHECK(testing::must(desk.round(openid)).user == desk.alice.id);
    desk.change(desk.alice.id, [](User& user) { user.enabled = false; });
    CHECK(desk.refusal(openid) == ErrorCode::forbidden);
    CHECK(desk.run("audit:verify", {})->at("whole") == true);
}

TEST_CASE("who is not known, or not for certain, is refused unless accounts are to be made") {
    OpenIdDesk desk;
    auto openid = desk.openid();
    CHECK(desk.refusal(openid) == ErrorCode::forbidden);
    desk.know_alice();
    desk.claims["email_verified"] = false;
    CHECK(desk.refusal(openid) == ErrorCode::forbidden);
    desk.claims["email_verified"] = true;
    desk.settings.match_email = false;
    auto strict = desk.openid();
    CHECK(desk.refusal(strict) == ErrorCode::forbidden);
    desk.settings.create_users = true;
    auto open = desk.openid();
    const auto made = testing::must(desk.round(open)).user;
    CHECK(made != desk.alice.id);
    CHECK(desk.get(made).login == "alice@example.com");
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "user_role")") == 0);
    // A login that somebody has is not taken over.
    desk.claims["sub"] = "alice";
    desk.claims.erase("email");
    CHECK(desk.refusal(open) == ErrorCode::forbidden);
    // Nor is a number taken for a login.
    desk.claims["sub"] = "110248495921238986420";
    CHECK(desk.get(testing::must(desk.round(open)).user).login == "openid-110248495921238986420");
}

TEST_CASE("a state is good once, for ten minutes, and where it was made") {
    OpenIdDesk desk;
    desk.know_alice();
    auto openid = desk.openid();
    const auto finish = [&](const std::string& state, Timestamp now) {
        return static_cast<bool>(openid.finish({.state = state, .code = "good"}, now));
    };
    const auto first = desk.depart(openid);
    CHECK(finish(first, desk.moment));
    CHECK_FALSE(finish(first, desk.moment));
    desk.claims["exp"] = OpenIdDesk::seconds(desk.moment + 1h);
    const auto second = desk.depart(openid);
    CHECK_FALSE(finish(second, desk.moment + 10min));
    const auto third = desk.depart(openid);
    CHECK(finish(third, desk.moment + 10min - 1ms));
    CHECK_FALSE(finish("unknown", desk.moment));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "oidc_request")") == 0);
}

TEST_CASE("nothing that the provider says is believed without a check") {
    OpenIdDesk desk;
    desk.know_alice();
    auto openid = desk.openid();
    CHECK(desk.round(openid));
    CHECK(desk.refusal(openid, "bad") == ErrorCode::forbidden);
    const auto good = desk.claims;
    const auto refuses = [&](std::string_view name, const json::value& value) {
        desk.claims = good;
        if (value.is_null())
            desk.claims.erase(name);
        else
            desk.claims[name] = value;
        return desk.refusal(openid) == ErrorCode::forbidden;
    };
    CHECK(refuses("iss", "https://id.example.com/"));
    CHECK(refuses("aud", "another"));
    CHECK(refuses("aud", json::array{"another"}));
    CHECK(refuses("aud", json::array{client, "another"}));
    CHECK(refuses("aud", nullptr));
    CHECK(refuses("azp", "another"));
    CHECK(refuses("exp", OpenIdDesk::seconds(desk.moment - 1min)));
    CHECK(refuses("exp", nullptr));
    CHECK(refuses("exp", "tomorrow"));
    CHECK(refuses("iat", OpenIdDesk::seconds(desk.moment + 2min)));
    CHECK(refuses("nbf", OpenIdDesk::seconds(desk.moment + 2min)));
    CHECK(refuses("nonce", "another"));
    CHECK(refuses("sub", nullptr));
    CHECK(refuses("sub", ""));
    desk.claims = good;
    desk.claims["aud"] = json::array{"another", client};
    desk.claims["azp"] = client;
    CHECK(desk.round(openid));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session")") == 2);
}

TEST_CASE("new keys of the provider are asked for, but not again and again") {
    OpenIdDesk desk;
    desk.know_alice();
    auto openid = desk.openid();
    CHECK(desk.round(openid));
    const auto asked = [&] {
        return std::ranges::count_if(desk.provider.requests,
                                     [](const HttpRequest& request) { return request.url.ends_with("/keys"); });
    };
    CHECK(asked() == 1);
    desk.signer = std::make_unique<TokenSigner>(TokenSigner::Kind::rsa, "second");
    CHECK(desk.refusal(openid) == ErrorCode::forbidden);
    CHECK(asked() == 1);
    const auto state = desk.depart(openid, desk.moment + 1min);
    CHECK(openid.finish({.state = state, .code = "good"}, desk.moment + 1min));
    CHECK(asked() == 2);
}

TEST_CASE("a provider that calls itself otherwise, or names addresses that are not safe, is not used") {
    OpenIdDesk desk;
    const auto code_of_begin = [&] {
        auto openid = desk.openid();
        const auto begun = openid.begin(desk.moment);
        REQUIRE_FALSE(begun);
        return begun.error().code;
    };
    const auto good = desk.configuration;
    desk.configuration["issuer"] = "https://other.example.com";
    CHECK(code_of_begin() == ErrorCode::invalid);
    for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        desk.configuration = good;
        desk.configuration[name] = "http://id.example.com/plain";
        CHECK(code_of_begin() == ErrorCode::invalid);
        desk.configuration.erase(name);
        CHECK(code_of_begin() == ErrorCode::invalid);
    }
    desk.configuration = good;
    desk.settings.issuer = "http://id.example.com";
    CHECK(code_of_begin() == ErrorCode::invalid);
}

TEST_CASE("what is stored on the way is sealed or a digest") {
    OpenIdDesk desk;
    auto openid = desk.openid();
    const auto state = desk.depart(openid);
    CHECK(desk.dump(true).find(state) == std::string::npos);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "oidc_request" WHERE "verifier" IS NOT NULL)") == 1);
    const auto sealed = desk.database.read([](Session& session) {
        return std::get<std::string>(session.sql.query(R"(SELECT "verifier" FROM "oidc_request")")[0][0]);
    });
    CHECK(code_challenge(sealed) != desk.challenge);
    CHECK(code_challenge(*desk.vault.open(sealed, {"oidc_request", "verifier", 1})) == desk.challenge);
}
