// SPDX-License-Identifier: MIT
#include "service/sign_in.h"

#include "store/queries/sign_in_record.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>
#include <thread>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct SignInDesk : testing::PeopleDesk {
    User alice = add_person("alice");
    SignIn sign_in{database, vault, {.cost = testing::cheap}};

    SignInOutcome attempt(std::string login, std::string password, Timestamp now, std::optional<std::string> code = {},
                          std::string address = "192.0.2.7") {
        return testing::must(sign_in.begin({.login = std::move(login),
                                            .password = std::move(password),
                                            .code = std::move(code),
                                            .address = std::move(address),
                                            .user_agent = "Browser/1.0"},
                                           now));
    }
    SignInOutcome good(Timestamp now, std::optional<std::string> code = {}, std::string address = "192.0.2.7") {
        return attempt("alice", testing::good_password, now, std::move(code), std::move(address));
    }
    std::string kept() {
        return database.read([](Session& session) {
            std::string out;
            for (const auto* table : {"user", "login_session", "sign_in_attempt", "audit", "recovery_code"})
                for (const auto& row : session.sql.query("SELECT * FROM \"" + std::string(table) + "\""))
                    for (const auto& value : row)
                        if (auto* text = std::get_if<std::string>(&value)) out += *text + "\n";
            return out;
        });
    }
};

std::string sentence(const SignInOutcome& outcome) {
    if (const auto* refused = std::get_if<SignInRefused>(&outcome)) return refused->message;
    if (const auto* wait = std::get_if<SignInMustWait>(&outcome)) return wait->message;
    return std::holds_alternative<SignedIn>(outcome) ? "signed in" : "second factor";
}

bool is_in(const SignInOutcome& outcome) { return std::holds_alternative<SignedIn>(outcome); }

}  // namespace

TEST_CASE("the right password lets in, and the session has the rights of its owner") {
    SignInDesk desk;
    desk.grant(desk.alice, desk.company.id, CompanyRole::operator_);
    const auto outcome = desk.good(desk.moment);
    REQUIRE(is_in(outcome));
    const auto& made = std::get<SignedIn>(outcome);
    CHECK(made.token.starts_with("mfs_"));
    CHECK(made.expires_at == desk.moment + std::chrono::days{7});
    CHECK(desk.kept().find(made.token) == std::string::npos);
    CHECK(desk.kept().find(testing::good_password) == std::string::npos);

    const auto found = testing::must(desk.sign_in.find_session(made.token, "web", "192.0.2.7", desk.moment));
    CHECK(found.caller.actor.login == "alice");
    CHECK(found.caller.actor.user == desk.alice.id);
    CHECK_FALSE(found.caller.actor.restricted);
    CHECK(found.caller.rights.may(Permission::run, desk.company.id));
    CHECK_FALSE(found.caller.rights.may(Permission::edit, desk.company.id));
    CHECK(desk.get(desk.alice.id).last_login_address == "192.0.2.7");
    CHECK(desk.audited("sign_in") == 1);
    CHECK(desk.all<LoginSession>().front().user_agent == "Browser/1.0");
}

TEST_CASE("one sentence for everything that is wrong, and it is recorded although nobody came in") {
    SignInDesk desk;
    auto disabled = desk.add_person("bob");
    desk.change(disabled.id, [](User& user) { user.enabled = false; });
    desk.add_person("carol", false);
    const auto unknown = sentence(desk.attempt("nobody", testing::good_password, desk.moment));
    CHECK(unknown == "Login, password or code is not right, or the account is disabled.");
    CHECK(sentence(desk.attempt("alice", "wrong", desk.moment)) == unknown);
    CHECK(sentence(desk.attempt("alice", "", desk.moment)) == unknown);
    CHECK(sentence(desk.attempt("bob", testing::good_password, desk.moment)) == unknown);
    CHECK(sentence(desk.attempt("carol", "", desk.moment)) == unknown);
    CHECK(sentence(desk.attempt(std::string("al\0ice", 6), "x", desk.moment)) == unknown);
    CHECK(sentence(desk.attempt("\xff", "x", desk.moment)) == unknown);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "sign_in_attempt")") == 7);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session")") == 0);
}

TEST_CASE("a password that was typed in the place of the login is kept nowhere") {
    SignInDesk desk;
    desk.attempt("Secret of alice 1!", "x", desk.moment);
    CHECK(desk.kept().find("Secret of alice") == std::string::npos);
}

TEST_CASE("after five failures there is a wait, also for the right password, and only there") {
    SignInDesk desk;
    for (int i = 0; i < 5; ++i) CHECK(sentence(desk.attempt("alice", "wrong", desk.moment)).starts_with("Login"));
    const auto outcome = desk.good(desk.moment + 1min);
    REQUIRE(std::holds_alternative<SignInMustWait>(outcome));
    CHECK(std::get<SignInMustWait>(outcome).retry_after == 14min);
    CHECK(sentence(outcome) == "There were too many attempts. Try again in 14 min.");
    CHECK(is_in(desk.good(desk.moment + 1min, {}, "198.51.100.1")));
    CHECK(is_in(desk.good(desk.moment + 15min)));
    // Failures before a success count no longer.
    CHECK_FALSE(is_in(desk.attempt("alice", "wrong", desk.moment + 15min)));
    CHECK(is_in(desk.good(desk.moment + 15min)));
}

TEST_CASE("attempts at the same moment count each other") {
    SignInDesk desk;
    std::atomic<int> compared = 0;
    {
        std::vector<std::jthread> guessers;
        for (int i = 0; i < 12; ++i)
            guessers.emplace_back([&] {
                if (std::holds_alternative<SignInRefused>(desk.attempt("alice", "wrong", desk.moment))) ++compared;
            });
    }
    CHECK(compared == 5);
}

TEST_CASE("failures are in the audit log once for each window, with their number") {
    SignInDesk desk;
    for (int i = 0; i < 4; ++i) desk.attempt("alice", "wrong", desk.moment + std::chrono::minutes(i));
    CHECK(desk.audited("sign_in_failed") == 1);
    desk.attempt("alice", "wrong", desk.moment + 16min);
    CHECK(desk.audited("sign_in_failed") == 2);
    const auto last = desk.all<AuditEntry>({.newest_first = true}).front();
    CHECK(last.details == R"({"failures":4,"login":"alice"})");
    CHECK(last.entity_id == desk.alice.id.value);
    desk.attempt("alice", "wrong", desk.moment + 17min);
    CHECK(is_in(desk.good(desk.moment + 40min)));
    CHECK(desk.all<AuditEntry>({.newest_first = true}).front().details ==
          R"({"failures_before":1,"method":"password"})");
    CHECK(desk.run("audit:verify", {})->at("whole") == true);
}

TEST_CASE("who has a second factor is asked for it") {
    SignInDesk desk;
    desk.turn_totp_on(desk.alice);
    CHECK(sentence(desk.good(desk.moment)) == "second factor");
    CHECK(sentence(desk.good(desk.moment, " ")) == "second factor");
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "sign_in_attempt")") == 0);
    CHECK(sentence(desk.attempt("alice", "wrong", desk.moment, testing::code_now)).starts_with("Login"));
    CHECK(sentence(desk.good(desk.moment, "000000")).starts_with("Login"));
    CHECK(is_in(desk.good(desk.moment, testing::code_now)));
    CHECK(desk.all<LoginSession>().front().method == "code");
    // A code is good once.
    CHECK_FALSE(is_in(desk.good(desk.moment, testing::code_now)));
    CHECK_FALSE(is_in(desk.good(desk.moment, testing::code_before)));
    CHECK(is_in(desk.good(desk.moment, testing::code_behind)));
}

TEST_CASE("a recovery code lets in once, however it is written") {
    SignInDesk desk;
    desk.turn_totp_on(desk.alice);
    const auto codes = new_recovery_codes();
    desk.database.write([&](Session& session) {
        session.sql.execute(R"(INSERT INTO "recovery_code" ("user_id", "digest") VALUES (?, ?))",
                            {desk.alice.id.value, recovery_code_digest(codes.front())});
    });
    CHECK_FALSE(is_in(desk.good(desk.moment, codes.back())));
    auto written = codes.front();
    std::erase(written, '-');
    CHECK(is_in(desk.good(desk.moment, written)));
    CHECK(desk.all<LoginSession>().front().method == "recovery");
    CHECK_FALSE(is_in(desk.good(desk.moment, codes.front())));
}

TEST_CASE("guesses of codes run into the limit, too") {
    SignInDesk desk;
    desk.turn_totp_on(desk.alice);
    for (int i = 0; i < 5; ++i) CHECK_FALSE(is_in(desk.good(desk.moment, "000000")));
    CHECK(std::holds_alternative<SignInMustWait>(desk.good(desk.moment, testing::code_now)));
}

TEST_CASE("a password that was stored in a former way is stored anew") {
    SignInDesk desk;
    desk.change(desk.alice.id, [](User& user) {
        user.password = hash_password(testing::good_password, {.passes = 1, .memory = 8 << 10});
    });
    REQUIRE(is_in(desk.good(desk.moment)));
    CHECK(desk.get(desk.alice.id).password.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    CHECK(is_in(desk.good(desk.moment)));
}

TEST_CASE("a session ends: unused, after its time, by signing out, with the account") {
    SignInDesk desk;
    const auto begun = [&] { return std::get<SignedIn>(desk.good(desk.moment)).token; };
    const auto is_open = [&](const std::string& token, Timestamp now) {
        return static_cast<bool>(desk.sign_in.find_session(token, "web", "", now));
    };
    const auto first = begun();
    CHECK(is_open(first, desk.moment + 4h - 1s));
    // That was a use.
    CHECK(is_open(first, desk.moment + 8h - 2s));
    CHECK_FALSE(is_open(first, desk.moment + 12h));
    const auto second = begun();
    for (int hours = 0; hours < 7 * 24; hours += 3) CHECK(is_open(second, desk.moment + std::chrono::hours(hours)));
    CHECK_FALSE(is_open(second, desk.moment + 7 * 24h));
    const auto third = begun();
    CHECK(desk.sign_in.end_session(third, {desk.alice.id, "alice", "web"}, desk.moment));
    CHECK_FALSE(is_open(third, desk.moment));
    CHECK_FALSE(desk.sign_in.end_session(third, {desk.alice.id, "alice", "web"}, desk.moment));
    CHECK(desk.audited("sign_out") == 1);
    const auto fourth = begun();
    desk.change(desk.alice.id, [](User& user) { user.enabled = false; });
    CHECK_FALSE(is_open(fourth, desk.moment));
    CHECK_FALSE(is_open("mfs_unknown", desk.moment));
    CHECK_FALSE(is_open("", desk.moment));
}

TEST_CASE("the use of a session is noted once a minute at most") {
    SignInDesk desk;
    const auto token = std::get<SignedIn>(desk.good(desk.moment)).token;
    const auto seen_at = [&](Timestamp now) {
        REQUIRE(desk.sign_in.find_session(token, "web", "", now));
        return desk.all<LoginSession>().front().seen_at;
    };
    CHECK(seen_at(desk.moment + 59s) == desk.moment);
    CHECK(seen_at(desk.moment + 60s) == desk.moment + 60s);
    CHECK(seen_at(desk.moment + 119s) == desk.moment + 60s);
}

TEST_CASE("what counts no longer is removed, and nothing else") {
    SignInDesk desk;
    desk.attempt("alice", "wrong", desk.moment);
    REQUIRE(is_in(desk.good(desk.moment + 1min)));
    const auto left = [&](Timestamp now, std::string_view table) {
        desk.database.write([&](Session& session) { forget_old_sign_ins(session, now); });
        return desk.number("SELECT COUNT(*) FROM \"" + std::string(table) + "\"");
    };
    CHECK(left(desk.moment + 23h, "sign_in_attempt") == 2);
    CHECK(left(desk.moment + 25h, "sign_in_attempt") == 1);
    CHECK(left(desk.moment + std::chrono::days{89}, "sign_in_attempt") == 1);
    CHECK(left(desk.moment + std::chrono::days{91}, "sign_in_attempt") == 0);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session")") == 0);
}

TEST_CASE(
    "a password that comes with every request is compared once in five minutes, and what changes counts at once") {
    SignInDesk desk;
    const auto as = [&](std::string password, Timestamp now, std::string address = "192.0.2.7") {
        return testing::must(desk.sign_in.identify(
            {.login = "alice", .password = std::move(password), .address = std::move(address), .entry = "api"}, now));
    };
    const auto gets_in = [&](const PasswordOutcome& outcome) { return std::holds_alternative<Caller>(outcome); };
    const auto first = as(testing::good_password, desk.moment);
    REQUIRE(gets_in(first));
    CHECK(std::get<Caller>(first).actor.login == "alice");
    CHECK(std::get<Caller>(first).rights.may(Permission::own));
    const auto compared = [&] { return desk.number(R"(SELECT COUNT(*) FROM "sign_in_attempt")"); };
    CHECK(gets_in(as(testing::good_password, desk.moment + 4min)));
    CHECK(compared() == 1);
    CHECK(desk.audited("sign_in") == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session")") == 0);
    CHECK(gets_in(as(testing::good_password, desk.moment + 5min)));
    CHECK(compared() == 2);
    CHECK_FALSE(gets_in(as("wrong", desk.moment + 5min)));
    desk.change(desk.alice.id, [](User& user) { user.enabled = false; });
    CHECK_FALSE(gets_in(as(testing::good_password, desk.moment + 6min)));
    desk.change(desk.alice.id, [](User& user) { user.enabled = true; });
    CHECK(gets_in(as(testing::good_password, desk.moment + 6min)));
    desk.turn_totp_on(desk.alice);
    CHECK(std::holds_alternative<SecondFactorNeeded>(as(testing::good_password, desk.moment + 7min)));
    for (int i = 0; i < 5; ++i) (void)as("wrong", desk.moment + 8min, "192.0.2.9");
    CHECK(std::holds_alternative<SignInMustWait>(as(testing::good_password, desk.moment + 8min, "192.0.2.9")));
}
