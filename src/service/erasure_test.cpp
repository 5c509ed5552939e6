// SPDX-License-Identifier: MIT
#include "domain/erasure.h"
#include "domain/data_export.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::must;

namespace {

struct ErasureDesk : testing::PeopleDesk {
    User anna = [&] {
        auto person = add_person("anna");
        change(person.id, [](User& each) {
            each.email = "anna@example.com";
            each.firstname = "Anna";
            each.lastname = "Novak";
            each.last_login_address = "192.0.2.44";
            each.settings = "likes dark pages";
        });
        return get<User>(person.id);
    }();
    std::int64_t request(std::string_view type) {
        return must(run("user-erasure:create",
                        {{"user_login", "anna"}, {"deletion_type", type}, {"reason", "has asked for it"}}))
            .at("id")
            .as_int64();
    }
    json::value carried_out(std::string_view type) {
        const auto id = request(type);
        must(run("user-erasure:approve", {{"request_id", id}, {"notes", "checked"}}));
        return must(run("user-erasure:process", {{"request_id", id}}));
    }
    /// What gives access, or tells where somebody was.
    void let_in() {
        grant(anna, SystemRole::editor);
        grant(anna, company.id, CompanyRole::operator_);
        database.write([&](Session& session) {
            const auto put = [&](const char* statement, std::vector<Value> values) {
                session.sql.execute(statement, values);
            };
            put(R"(INSERT INTO "token" ("user_id", "name", "digest", "shown", "created_at") VALUES (?, 'laptop', 'd', 'mfx_', ?))",
                {anna.id.value, ms(moment)});
            put(R"(INSERT INTO "login_session" ("user_id", "digest", "created_at", "seen_at", "expires_at", "address", "user_agent", "method") VALUES (?, 'e', ?, ?, ?, '192.0.2.44', 'Firefox of Anna', 'password'))",
                {anna.id.value, ms(moment), ms(moment), ms(moment + std::chrono::hours(1))});
            put(R"(INSERT INTO "sign_in_attempt" ("at", "login", "address_group") VALUES (?, 'anna', '192.0.2.44'))",
                {ms(moment)});
            put(R"(INSERT INTO "user_identity" ("user_id", "issuer", "subject", "created_at") VALUES (?, 'https://sso.example', 'anna-novak', ?))",
                {anna.id.value, ms(moment)});
            put(R"(INSERT INTO "data_export" ("user_id", "digest", "created_at", "expires_at") VALUES (?, 'f', ?, ?))",
                {anna.id.value, ms(moment), ms(moment)});
        });
    }
    std::int64_t count(std::string_view table) {
        return number(fmt::format(R"(SELECT COUNT(*) FROM "{}" WHERE "user_id" = ?)", table), {anna.id.value});
    }
};

}  // namespace

TEST_CASE("an erasure leaves the number of the account, its jobs and a whole audit log, and nothing personal") {
    for (const auto* type : {"anonymize", "hard"}) {
        CAPTURE(type);
        ErasureDesk desk;
        desk.let_in();
        const auto job = desk.launch(desk.add_run_template(), desk.moment);
        desk.database.write([&](Session& session) {
            session.sql.execute(R"(UPDATE "job" SET "launched_by" = ? WHERE "id" = ?)",
                                {desk.anna.id.value, job.id.value});
        });
        const auto done = desk.carried_out(type);
        CHECK(done.at("status") == "completed");
        CHECK(done.at("open").is_null());
        const auto left = desk.get<User>(desk.anna.id);
        CHECK_FALSE(left.live);
        CHECK_FALSE(left.enabled);
        CHECK(left.password.empty());
        const auto stored = desk.dump();
        for (const auto* trace : {"anna", "Anna", "Novak", "192.0.2.44", "Firefox", "dark pages"}) {
            CAPTURE(trace);
            CHECK(stored.find(trace) == std::string::npos);
        }
        for (const auto* table : {"user_role", "company_user", "token", "user_identity", "data_export"}) {
            CAPTURE(table);
            CHECK(desk.count(table) == 0);
        }
        CHECK(desk.count("login_session") == (std::string_view(type) == "hard" ? 0 : 1));
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session" WHERE "ended_at" IS NULL)") == 0);
        CHECK(desk.get<Job>(job.id).launched_by == desk.anna.id);
        CHECK(must(desk.run("audit:verify", {})).at("whole") == true);
        // The login is free for somebody else.
        must(desk.run("user:create", {{"login", "anna"}, {"email", "another@example.com"}}));
        CHECK(desk.error_of("user-erasure:create", {{"user_id", desk.anna.id.value}}).code == ErrorCode::conflict);
    }
}

TEST_CASE("what an erasure did is noted table by table") {
    ErasureDesk desk;
    desk.let_in();
    const auto id = desk.carried_out("hard").at("id").as_int64();
    const auto told = must(desk.run("user-erasure:audit", {{"request_id", id}}));
    CHECK(told.at("request").at("status") == "completed");
    std::map<std::string, json::object, std::less<>> actions;
    for (const auto& action : told.at("actions").as_array())
        actions[std::string(action.at("table_name").as_string())] = action.as_object();
    CHECK(actions.at("token").at("records") == 1);
    CHECK(actions.at("token").at("action") == "deleted");
    CHECK(actions.at("login_session").at("records") == 1);
    CHECK(actions.at("user").at("action") == "anonymized");
    CHECK(actions.at("audit").at("action") == "retained");
    CHECK(actions.at("job").at("records") == 0);
    CHECK(desk.audited("process") == 1);
}

TEST_CASE("a soft erasure disables the account and ends what is open") {
    ErasureDesk desk;
    desk.let_in();
    desk.carried_out("soft");
    const auto left = desk.get<User>(desk.anna.id);
    CHECK(left.live);
    CHECK_FALSE(left.enabled);
    CHECK(left.email == "anna@example.com");
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "login_session" WHERE "ended_at" IS NULL)") == 0);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "token" WHERE "revoked_at" IS NULL)") == 0);
}

TEST_CASE("a request goes from pending over approved or rejected to its end, one at a time for each user") {
    ErasureDesk desk;
    const auto first = desk.request("soft");
    CHECK(desk.error_of("user-erasure:create", {{"user_login", "anna"}}).message ==
          fmt::format("Request {} about this user is not closed yet; one at a time.", first));
    CHECK(desk.error_of("user-erasure:process", {{"request_id", first}}).message ==
          "The request is pending; only one that is approved is carried out.");
    const auto rejected =
        must(desk.run("user-erasure:reject", {{"request_id", first}, {"reason", "still works here"}}));
    CHECK(rejected.at("review_notes") == "still works here");
    CHECK(desk.error_of("user-erasure:approve", {{"request_id", first}}).code == ErrorCode::conflict);
    const auto second = desk.request("anonymize");
    must(desk.run("user-erasure:approve", {{"request_id", second}}));
    CHECK(must(desk.run("user-erasure:list", {{"status", "approved"}})).as_array().size() == 1);
    CHECK(must(desk.run("user-erasure:list", {})).as_array().size() == 2);
    CHECK(desk.error_of("user-erasure:process", {{"request_id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("user-erasure:create", {}).code == ErrorCode::invalid);
    CHECK(desk.error_of("user-erasure:create", {{"user_id", 99}}).code == ErrorCode::not_found);
}

TEST_CASE("whoever was deleted before is erased as well") {
    ErasureDesk desk;
    must(desk.run("user:delete", {{"login", "anna"}}));
    CHECK(desk.get<User>(desk.anna.id).login.starts_with("anna"));
    const auto id =
        must(desk.run("user-erasure:create", {{"user_id", desk.anna.id.value}, {"deletion_type", "anonymize"}}))
            .at("id")
            .as_int64();
    must(desk.run("user-erasure:approve", {{"request_id", id}}));
    must(desk.run("user-erasure:process", {{"request_id", id}}));
    CHECK(desk.dump().find("anna") == std::string::npos);
}

TEST_CASE("an administrator cannot have a super_admin erased, nor anybody the last one") {
    ErasureDesk desk;
    desk.grant(desk.anna, SystemRole::super_admin);
    Rights admin;
    admin.grant(SystemRole::admin);
    CHECK(desk.error_of("user-erasure:create", {{"user_login", "anna"}}, admin).code == ErrorCode::forbidden);
    const auto id = desk.request("hard");
    must(desk.run("user-erasure:approve", {{"request_id", id}}));
    CHECK(desk.error_of("user-erasure:process", {{"request_id", id}}, admin).code == ErrorCode::forbidden);
    CHECK(desk.error_of("user-erasure:process", {{"request_id", id}}).message ==
          "'anna' is the last super_admin. Give somebody else this role first (user-role set).");
}

TEST_CASE("requests that were closed long ago are removed with what they did, open ones stay") {
    ErasureDesk desk;
    desk.carried_out("anonymize");
    desk.add_person("eva");
    must(desk.run("user-erasure:create", {{"user_login", "eva"}}));
    CHECK(must(desk.run("user-erasure:cleanup", {})).at("removed") == 0);
    desk.moment += std::chrono::days(400);
    CHECK(desk.error_of("user-erasure:cleanup", {{"days", 0}}).code == ErrorCode::invalid);
    CHECK(must(desk.run("user-erasure:cleanup", {})).at("removed") == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "erasure_action")") == 0);
    CHECK(must(desk.run("user-erasure:list", {})).as_array().size() == 1);
}
