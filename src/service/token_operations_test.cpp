// SPDX-License-Identifier: MIT
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct TokensDesk : testing::PeopleDesk {
    User alice = add_person("alice"), bob = add_person("bob");

    Result<json::value> as(const User& who, std::string_view name, json::object input, bool restricted = false) {
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        return database.write([&](Session& session) -> Result<json::value> {
            Rights rights;
            rights.grant_own();
            auto done =
                perform(session, *operation, input,
                        {{.user = who.id, .login = who.login, .entry = "api", .restricted = restricted}, rights},
                        {.vault = vault, .now = moment, .zone = "UTC", .password_cost = testing::cheap});
            if (!done) return done.error();
            return std::move(done->answer);
        });
    }
    Result<Caller> caller(std::string_view text, Timestamp now = testing::test_time) {
        return caller_of_token(database, text, "api", "", now);
    }
};

std::string text_of(const json::value& made) { return std::string(made.at("token").as_string()); }

}  // namespace

TEST_CASE("a token is shown once, and only its digest is kept") {
    TokensDesk desk;
    const auto made = testing::must(desk.as(desk.alice, "token:create", {{"name", "robot"}}));
    const auto text = text_of(made);
    CHECK(text.starts_with("mfx_"));
    CHECK(text.size() == 47);
    CHECK(desk.dump(true).find(text) == std::string::npos);
    CHECK(testing::must(desk.caller(text)).actor.login == "alice");
    const auto listed = testing::must(desk.as(desk.alice, "token:list", {}));
    CHECK(text_of(listed.at(0)) == text.substr(0, 8) + "...");
    CHECK(listed.at(0).at("user") == json::value(std::to_string(desk.alice.id.value)));
    CHECK(listed.at(0).at("state") == "good");
    CHECK(to_text(listed).find(token_digest(text)) == std::string::npos);
    CHECK(desk.caller(text, desk.moment + std::chrono::days{365} - 1ms));
    CHECK_FALSE(desk.caller(text, desk.moment + std::chrono::days{365}));
}

TEST_CASE("tokens of others do not exist, but for administrators") {
    TokensDesk desk;
    const auto id = testing::must(desk.as(desk.alice, "token:create", {})).at("id").as_int64();
    for (const auto* operation : {"token:get", "token:update", "token:revoke", "token:delete"}) {
        const auto answer = desk.as(desk.bob, operation, {{"id", id}});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == ErrorCode::not_found);
    }
    CHECK(testing::must(desk.as(desk.bob, "token:list", {})).as_array().empty());
    for (const char* other : {"alice", "nobody"}) {
        const auto for_other = desk.as(desk.bob, "token:create", {{"user", other}});
        REQUIRE_FALSE(for_other);
        CHECK(for_other.error().message == "Only an administrator can make a token for somebody else.");
    }
    CHECK(testing::must(desk.run("token:list", {})).as_array().size() == 1);
    CHECK(testing::must(desk.run("token:create", {{"user", "bob"}})).at("user_id") == desk.bob.id.value);
    CHECK(testing::must(desk.run("token:create", {{"user", std::to_string(desk.bob.id.value)}})).at("user_id") ==
          desk.bob.id.value);
}

TEST_CASE("a token that may do less makes no token that may do more") {
    TokensDesk desk;
    const auto id = testing::must(desk.as(desk.alice, "token:create", {})).at("id").as_int64();
    for (const auto& [operation, input] : {std::pair<const char*, json::object>{"token:create", {}},
                                           {"token:update", {{"id", id}, {"expires", "never"}}},
                                           {"token:revoke", {{"id", id}}},
                                           {"token:delete", {{"id", id}}},
                                           {"account:totp-begin", {}}}) {
        const auto answer = desk.as(desk.alice, operation, input, true);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == ErrorCode::forbidden);
    }
    CHECK(desk.as(desk.alice, "token:revoke", {{"id", id}}));
}

TEST_CASE("bounds and ends of tokens") {
    TokensDesk desk;
    const auto made = testing::must(
        desk.run("token:create", {{"user", "alice"}, {"permissions", {"view", "run"}}, {"companies", {"acme"}}}));
    CHECK(to_text(made.at("permissions")) == R"(["view","run"])");
    CHECK(to_text(made.at("companies")) == "[\"" + std::to_string(desk.company.id.value) + "\"]");
    for (const auto& [input, field] : {std::pair<json::object, const char*>{{{"permissions", {"fly"}}}, "permissions"},
                                       {{{"permissions", {"anyone"}}}, "permissions"},
                                       {{{"companies", {"bravo"}}}, "companies"},
                                       {{{"expires", "yesterday"}}, "expires"}})
        CHECK(desk.error_of("token:create", input).fields.front().field == field);
    const auto endless = testing::must(desk.run("token:create", {{"user", "alice"}, {"expires", "never"}}));
    CHECK(endless.at("expires_at").is_null());
    CHECK(endless.at("warnings").as_array().size() == 1);
    CHECK(testing::must(desk.run("token:create", {{"user", "alice"}, {"expires", "+30 days"}})).at("expires_at") ==
          "2026-04-01T02:00:00Z");
    // Somebody who is in no company cannot name one.
    CHECK_FALSE(desk.as(desk.alice, "token:create", {{"companies", {"acme"}}}));
}

TEST_CASE("a text of one's own is taken if it is hard to guess, otherwise replaced") {
    TokensDesk desk;
    const std::string former = "aK9xQ2mZ7pL4wB8vT1rN";
    const auto taken = testing::must(desk.run("token:create", {{"user", "alice"}, {"token", former}}));
    CHECK(text_of(taken) == former);
    CHECK(desk.caller(former));
    CHECK(desk.error_of("token:create", {{"user", "bob"}, {"token", former}}).code == ErrorCode::conflict);
    for (const auto* weak : {"secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "with blanks in it 0123456789"}) {
        const auto replaced = testing::must(desk.run("token:create", {{"user", "alice"}, {"token", weak}}));
        CHECK(text_of(replaced).starts_with("mfx_"));
        CHECK(replaced.at("warnings").as_array().size() == 1);
        CHECK_FALSE(desk.caller(weak));
    }
}

TEST_CASE("a token is changed, revoked and removed") {
    TokensDesk desk;
    const auto made = testing::must(desk.as(desk.alice, "token:create", {}));
    const auto id = made.at("id").as_int64();
    const auto first = text_of(made);
    CHECK(desk.as(desk.alice, "token:update", {{"id", id}, {"name", "robot"}, {"token", first.substr(0, 8) + "..."}}));
    CHECK(desk.caller(first));
    const auto renewed = testing::must(desk.as(desk.alice, "token:update", {{"id", id}, {"token", "new"}}));
    const auto second = text_of(renewed.at("record"));
    CHECK_FALSE(desk.caller(first));
    CHECK(desk.caller(second));
    CHECK(desk.as(desk.alice, "token:revoke", {{"id", id}}));
    CHECK_FALSE(desk.caller(second));
    CHECK(testing::must(desk.as(desk.alice, "token:get", {{"id", id}})).at("state") == "revoked");
    CHECK(desk.as(desk.alice, "token:delete", {{"id", id}}));
    CHECK_FALSE(desk.as(desk.alice, "token:get", {{"id", id}}));
    CHECK(desk.dump(true).find(second) == std::string::npos);
}
