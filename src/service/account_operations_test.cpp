// SPDX-License-Identifier: MIT
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

constexpr const char* next_password = "Jx5&wBhT@n";

struct AccountDesk : testing::PeopleDesk {
    User alice = add_person("alice");
    SignIn sign_in{database, vault, {.cost = testing::cheap}};

    /// Runs an operation as somebody who is signed in, or as nobody (id 0).
    Result<json::value> as(Id<User> who, std::string_view name, json::object input, bool restricted = false,
                           Timestamp now = testing::test_time) {
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        Rights rights;
        if (who.value != 0) rights.grant_own();
        Outside outside{.http = http, .now = now, .time_limit = 1s};
        auto done = perform_on(database, *operation, input,
                               {{.user = who, .login = "alice", .entry = "web", .restricted = restricted}, rights},
                               {.vault = vault, .now = now, .zone = "UTC", .password_cost = testing::cheap}, outside);
        if (!done) return done.error();
        return std::move(done->answer);
    }
    SignInOutcome enter(const std::string& password, std::optional<std::string> code = {},
                        Timestamp now = testing::test_time) {
        return testing::must(sign_in.begin({.login = "alice", .password = password, .code = std::move(code)}, now));
    }
    bool gets_in(const std::string& password, std::optional<std::string> code = {}) {
        return std::holds_alternative<SignedIn>(enter(password, std::move(code)));
    }
    std::string link(const json::object& named) {
        const auto path = testing::must(run("user:setup-link", named)).at("path").as_string();
        REQUIRE(std::string_view(path).starts_with("/setup?token=mfl_"));
        return std::string(path).substr(std::string_view("/setup?token=").size());
    }
};

ErrorCode code_of(const Result<json::value>& answer) {
    REQUIRE_FALSE(answer);
    return answer.error().code;
}

}  // namespace

TEST_CASE("one changes the own password when one knows the present one") {
    AccountDesk desk;
    REQUIRE(desk.gets_in(testing::good_password));
    const auto wrong = desk.as(desk.alice.id, "account:password", {{"current", "wrong"}, {"password", next_password}});
    CHECK(code_of(wrong) == ErrorCode::invalid);
    CHECK(wrong.error().fields.front().field == "current");
    CHECK(code_of(desk.as(desk.alice.id, "account:password", {{"password", next_password}})) == ErrorCode::invalid);
    CHECK(code_of(desk.as(desk.alice.id, "account:password",
                          {{"current", testing::good_password}, {"password", "short"}})) == ErrorCode::invalid);
    const json::object right{{"current", testing::good_password}, {"password", next_password}};
    CHECK(code_of(desk.as(desk.alice.id, "account:password", right, true)) == ErrorCode::forbidden);
    CHECK(desk.as(desk.alice.id, "account:password", right));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session" WHERE "ended_at" IS NULL)") == 0);
    CHECK_FALSE(desk.gets_in(testing::good_password));
    CHECK(desk.gets_in(next_password));
}

TEST_CASE("the own password and code cannot be found out by trying, and trying shows") {
    AccountDesk desk;
    const json::object guess{{"current", "wrong"}, {"password", next_password}};
    for (int i = 0; i < 3; ++i) CHECK(code_of(desk.as(desk.alice.id, "account:password", guess)) == ErrorCode::invalid);
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-disable", {{"current", "wrong"}})) == ErrorCode::invalid);
    CHECK(desk.as(desk.alice.id, "account:totp-begin", {}));
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-confirm", {{"code", "000000"}})) == ErrorCode::invalid);
    const json::object right{{"current", testing::good_password}, {"password", next_password}};
    CHECK(code_of(desk.as(desk.alice.id, "account:password", right)) == ErrorCode::limited);
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-confirm", {{"code", "000000"}})) == ErrorCode::limited);
    CHECK(std::holds_alternative<SignInMustWait>(desk.enter(testing::good_password)));
    CHECK(desk.audited("proof_failed") == 5);
    CHECK(desk.as(desk.alice.id, "account:password", right, false, desk.moment + 16min));
}

TEST_CASE("what is forbidden is recorded") {
    AccountDesk desk;
    CHECK(code_of(desk.as(desk.alice.id, "user:list", {})) == ErrorCode::forbidden);
    CHECK(desk.audited("denied") == 1);
    CHECK(desk.dump(true).find(R"({"operation":"user:list"})") != std::string::npos);
}

TEST_CASE("a second factor is asked for when it was confirmed, and its recovery codes work") {
    AccountDesk desk;
    const auto begun = testing::must(desk.as(desk.alice.id, "account:totp-begin", {}));
    const auto secret = std::string(begun.at("secret").as_string());
    CHECK(std::string_view(begun.at("uri").as_string()).starts_with("otpauth://totp/MultiFlexi:alice?secret="));
    CHECK(desk.dump(true).find(secret) == std::string::npos);
    CHECK(desk.gets_in(testing::good_password));
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-confirm", {{"code", "000000"}})) == ErrorCode::invalid);
    // A secret whose codes are known.
    desk.change(desk.alice.id, [&](User& user) {
        user.totp = desk.vault.seal(testing::totp_secret, {"user", "totp", user.id.value});
    });
    const auto confirmed = testing::must(desk.as(desk.alice.id, "account:totp-confirm", {{"code", testing::code_now}}));
    const auto& codes = confirmed.at("recovery_codes").as_array();
    REQUIRE(codes.size() == 10);
    CHECK(desk.dump(true).find(codes[0].as_string()) == std::string::npos);
    CHECK(std::holds_alternative<SecondFactorNeeded>(desk.enter(testing::good_password)));
    // The code that confirmed it is used up.
    CHECK_FALSE(desk.gets_in(testing::good_password, testing::code_now));
    CHECK(desk.gets_in(testing::good_password, testing::code_behind));
    CHECK(desk.gets_in(testing::good_password, std::string(codes[3].as_string())));
    CHECK(testing::must(desk.as(desk.alice.id, "account:get", {})).at("recovery_codes_left") == 9);
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-begin", {})) == ErrorCode::conflict);
    CHECK(code_of(desk.as(desk.alice.id, "account:totp-disable", {})) == ErrorCode::invalid);
    CHECK(desk.as(desk.alice.id, "account:totp-disable", {{"current", testing::good_password}}));
    CHECK(desk.gets_in(testing::good_password));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "recovery_code")") == 0);
}

TEST_CASE("an administrator turns the second factor of somebody off who has lost it") {
    AccountDesk desk;
    desk.turn_totp_on(desk.alice);
    CHECK(desk.run("user:totp-disable", {{"login", "alice"}}));
    CHECK(desk.gets_in(testing::good_password));
    CHECK_FALSE(desk.get(desk.alice.id).totp);
}

TEST_CASE("one sees where one is signed in, and ends that") {
    AccountDesk desk;
    const auto bob = desk.add_person("bob");
    REQUIRE(desk.gets_in(testing::good_password));
    REQUIRE(desk.gets_in(testing::good_password));
    const auto sessions = testing::must(desk.as(desk.alice.id, "account:sessions", {}));
    CHECK(sessions.as_array().size() == 2);
    CHECK(sessions.at(0).at("digest") == json::value(secret_mask_text));
    CHECK(testing::must(desk.as(bob.id, "account:sessions", {})).as_array().empty());
    CHECK(testing::must(desk.as(bob.id, "account:sign-out-everywhere", {})).at("ended") == 0);
    CHECK(testing::must(desk.as(desk.alice.id, "account:sign-out-everywhere", {})).at("ended") == 2);
}

TEST_CASE("the first administrator comes in by a link, once, while nobody else can") {
    AccountDesk desk;
    CHECK(desk.error_of("user:setup-link", {}).code == ErrorCode::conflict);
    desk.change(desk.alice.id, [](User& user) { user.password.clear(); });
    const auto former = desk.link({}), token = desk.link({});
    json::object input{{"token", token}, {"login", "root"}, {"password", next_password}};
    const auto redeem = [&](const json::object& with, Timestamp now = testing::test_time) {
        return desk.as({}, "account:setup", with, false, now);
    };
    CHECK(code_of(redeem({{"token", former}, {"login", "root"}, {"password", next_password}})) == ErrorCode::forbidden);
    CHECK(code_of(redeem(input, desk.moment + 24h)) == ErrorCode::forbidden);
    CHECK(code_of(redeem({{"token", token}, {"password", next_password}})) == ErrorCode::invalid);
    CHECK(code_of(redeem({{"token", token}, {"login", "root"}, {"password", "short"}})) == ErrorCode::invalid);
    REQUIRE(redeem(input));
    CHECK(code_of(redeem(input)) == ErrorCode::forbidden);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "user_role" r JOIN "user" u ON u."id" = r."user_id"
                         WHERE u."login" = 'root' AND r."role" = 'super_admin' AND r."expires_at" IS NULL)") == 1);
    CHECK(std::holds_alternative<SignedIn>(
        testing::must(desk.sign_in.begin({.login = "root", .password = next_password}, desk.moment))));
    CHECK(desk.error_of("user:setup-link", {}).code == ErrorCode::conflict);
}

TEST_CASE("the first administrator may have the login of an account that was made by itself") {
    AccountDesk desk;
    desk.change(desk.alice.id, [](User& user) {
        user.password.clear();
        user.enabled = false;
    });
    REQUIRE(desk.as({}, "account:setup", {{"token", desk.link({})}, {"login", "alice"}, {"password", next_password}}));
    CHECK(desk.gets_in(next_password));
}

TEST_CASE("a link for somebody sets the password of that one only") {
    AccountDesk desk;
    const auto bob = desk.add_person("bob", false);
    CHECK(testing::must(desk.run("user:setup-link", {{"login", "bob"}})).at("purpose") == "invitation");
    const auto token = desk.link({{"login", "alice"}});
    REQUIRE(desk.as({}, "account:setup", {{"token", token}, {"login", "bob"}, {"password", next_password}}));
    CHECK(desk.gets_in(next_password));
    CHECK(desk.get(bob.id).password.empty());
    // Disabling makes a link useless; it does not enable anybody.
    const auto later = desk.link({{"login", "alice"}});
    desk.change(desk.alice.id, [](User& user) { user.enabled = false; });
    CHECK(code_of(desk.as({}, "account:setup", {{"token", later}, {"password", testing::good_password}})) ==
          ErrorCode::forbidden);
    CHECK(desk.error_of("user:setup-link", {{"login", "alice"}}).code == ErrorCode::conflict);
}
