// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "domain/node.h"
#include "service/job_preparation.h"
#include "store/sql/clock.h"
#include "support/desk.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using testing::at;
using testing::Desk;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view bank_secret = "s3cr3t-of-the-bank";
constexpr std::string_view other_secret = "an0ther-secret";

}  // namespace

TEST_CASE("secrets are in no table, no record and no command line") {
    Desk desk;
    desk.add(ApplicationField{
        .application_id = desk.application.id, .name = "BANK_PASSWORD", .type = "password", .secret = true});
    desk.change(desk.application.id, [](Application& a) { a.arguments = "--password {BANK_PASSWORD}"; });
    const auto made = desk.run("runtemplate:create", {{"name", "Bank"},
                                                      {"app_id", desk.application.id.value},
                                                      {"company_id", desk.company.id.value},
                                                      {"config", {{"BANK_PASSWORD", bank_secret}}}});
    REQUIRE(made);
    CHECK(to_text(*made).find(bank_secret) == std::string::npos);
    const auto id = made->at("id").as_int64();
    for (const auto* kind : {"config", "env"}) {
        const auto launched = desk.run("runtemplate:schedule", {{"id", id}, {kind, {{"BANK_PASSWORD", other_secret}}}});
        REQUIRE(launched);
        CHECK(desk.woken);
        const auto claimed = desk.claim();
        REQUIRE(claimed.size() == 1);
        const auto preparation = desk.database.read([&](Session& session) { return JobPreparation(session, claimed); });
        const auto prepared = preparation.prepare(desk.vault, claimed[0], "/nowhere", {});
        const auto* ready = std::get_if<PreparedJob>(&prepared);
        REQUIRE(ready);
        // The launch overrides the run template, and is as secret as the variable is declared.
        CHECK(ready->plan.argv.back() == other_secret);
        CHECK(ready->plan.environment.at("BANK_PASSWORD") == other_secret);
        CHECK(std::ranges::find(ready->plan.secrets, other_secret) != ready->plan.secrets.end());
        CHECK(ready->command.find(other_secret) == std::string::npos);
        CHECK(ready->environment.find(other_secret) == std::string::npos);
        const auto job = claimed[0].job.id;
        desk.database.write([&](Session& session) {
            record_start(session, {.job = job,
                                   .fence = claimed[0].job.fence,
                                   .begin = test_time,
                                   .handle = "h",
                                   .command = ready->command,
                                   .environment = ready->environment});
        });
        desk.end(job, JobState::failed, 1);
        const auto shown = desk.run("job:get", {{"id", job.value}});
        REQUIRE(shown);
        CHECK(to_text(*shown).find(other_secret) == std::string::npos);
        // A retry carries the same values, sealed again.
        REQUIRE(desk.run("job:retry", {{"id", job.value}}));
        const auto again = desk.claim();
        REQUIRE(again.size() == 1);
        CHECK(again[0].sealed_override);
        CHECK(again[0].job.attempt == 2);
        desk.end(again[0].job.id);
    }
    const auto everything = desk.dump(true);
    CHECK(everything.find(bank_secret) == std::string::npos);
    CHECK(everything.find(other_secret) == std::string::npos);
}

TEST_CASE("values of a run template: a subset leaves the others alone, false stays false, unset removes") {
    Desk desk;
    desk.add(ApplicationField{.application_id = desk.application.id, .name = "VERBOSE", .type = "bool"});
    desk.add(
        ApplicationField{.application_id = desk.application.id, .name = "TARGET", .position = 1, .type = "string"});
    const auto origin = desk.add_run_template();
    const auto values = [&](json::object input) {
        input["id"] = origin.id.value;
        const auto answer = desk.run("runtemplate:update", input);
        REQUIRE(answer);
        return answer->at("configuration").as_object();
    };
    CHECK(values({{"config", {{"VERBOSE", "false"}, {"TARGET", "a"}}}}) ==
          json::object{{"VERBOSE", "false"}, {"TARGET", "a"}});
    CHECK(values({{"config", {{"TARGET", "b"}}}}) == json::object{{"VERBOSE", "false"}, {"TARGET", "b"}});
    CHECK(values({{"unset", {"TARGET"}}}) == json::object{{"VERBOSE", "false"}});
    const auto wrong = desk.run("runtemplate:update",
                                {{"id", origin.id.value}, {"config", {{"VERBOSE", "perhaps"}, {"LD_PRELOAD", "y"}}}});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().fields.size() == 2);
    CHECK(values({}) == json::object{{"VERBOSE", "false"}});
}

TEST_CASE("values of a launch are checked and written as their types are, all of them at once") {
    Desk desk;
    desk.add(ApplicationField{.application_id = desk.application.id, .name = "NUMBER", .type = "integer"});
    desk.add(ApplicationField{.application_id = desk.application.id, .name = "FLAG", .type = "bool"});
    const auto id = desk.add_run_template().id.value;
    const auto error = desk.error_of("runtemplate:schedule",
                                     {{"id", id}, {"config", {{"NUMBER", "abc"}, {"FLAG", "maybe"}, {"OTHER", "x"}}}});
    CHECK(error.code == ErrorCode::invalid);
    REQUIRE(error.fields.size() == 2);
    CHECK(desk.error_of("runtemplate:schedule", {{"id", id}, {"env", {{"NUMBER", "1.5"}}}}).fields.at(0).field ==
          "NUMBER");
    CHECK(desk.error_of("runtemplate:schedule", {{"id", id}, {"env", {{"MULTIFLEXI_JOB_ID", "1"}}}}).fields.size() ==
          1);
    REQUIRE(desk.run("runtemplate:schedule", {{"id", id}, {"env", {{"NUMBER", "7"}, {"FLAG", "Yes"}}}}));
    const auto claimed = desk.claim();
    REQUIRE(claimed.size() == 1);
    const auto preparation = desk.database.read([&](Session& session) { return JobPreparation(session, claimed); });
    const auto prepared = preparation.prepare(desk.vault, claimed[0], "/nowhere", {});
    const auto* ready = std::get_if<PreparedJob>(&prepared);
    REQUIRE(ready);
    CHECK(ready->plan.environment.at("FLAG") == "true");
}

TEST_CASE("saving a run template warns about every required value that is missing, and about nothing else") {
    Desk desk;
    int position = 0;
    for (const auto* name : {"BANK", "ACCOUNT", "NOTE"})
        desk.add(ApplicationField{.application_id = desk.application.id,
                                  .name = name,
                                  .position = position++,
                                  .type = "string",
                                  .required = std::string_view(name) != "NOTE"});
    const auto warnings = [](const Result<json::value>& answer) {
        REQUIRE(answer);
        const auto* found = answer->as_object().if_contains("warnings");
        return found ? to_text(*found) : "";
    };
    const auto made = desk.run("runtemplate:create", {{"name", "Bank"},
                                                      {"app_id", desk.application.id.value},
                                                      {"company_id", desk.company.id.value},
                                                      {"active", false}});
    CHECK(warnings(made).find("Required variables without a value: BANK, ACCOUNT.") != std::string::npos);
    const auto id = made->at("id").as_int64();
    const auto updated = [&](json::object input) {
        input["id"] = id;
        return warnings(desk.run("runtemplate:update", input));
    };
    CHECK(updated({{"config", {{"BANK", "0"}}}}).find("Required variable without a value: ACCOUNT.") !=
          std::string::npos);
    CHECK(updated({{"active", true}}).find("ACCOUNT") != std::string::npos);
    CHECK(desk.get(Id<RunTemplate>{id}).active);
    CHECK(updated({{"config", {{"ACCOUNT", "1"}}}}) == "");
    CHECK(updated({{"config", {{"ACCOUNT", ""}}}}).find("ACCOUNT") != std::string::npos);
    CHECK(updated({{"config", {{"RESULT_FILE", "../out"}}}}).find("RESULT_FILE") != std::string::npos);
    CHECK(updated({{"cron", "0 0 30 2 *"}}).find("never comes due") != std::string::npos);
}

TEST_CASE("a name that several run templates have names none of them") {
    Desk desk;
    const json::object twin{
        {"name", "Twin"}, {"app_id", desk.application.id.value}, {"company_id", desk.company.id.value}};
    const auto first = desk.run("runtemplate:create", twin);
    REQUIRE(first);
    CHECK(desk.run("runtemplate:get", {{"name", "Twin"}})->at("id") == first->at("id"));
    const auto second = desk.run("runtemplate:create", twin);
    REQUIRE(second);
    CHECK(desk.error_of("runtemplate:get", {{"name", "Twin"}}).code == ErrorCode::conflict);
    REQUIRE(desk.run("runtemplate:delete", {{"id", first->at("id")}}));
    CHECK(desk.run("runtemplate:get", {{"name", "Twin"}})->at("id") == second->at("id"));
}

TEST_CASE("a run template is told everything that is wrong with it at once") {
    Desk desk;
    const auto before = desk.dump();
    const auto answer = desk.run("runtemplate:create", {{"name", " "},
                                                        {"app_id", desk.application.id.value},
                                                        {"company_id", desk.company.id.value},
                                                        {"cron", "61 * * * *"},
                                                        {"zone", "Mars/Olympus"},
                                                        {"delay", "soon"},
                                                        {"max_attempts", 0},
                                                        {"deadline_offset", "later"}});
    REQUIRE_FALSE(answer);
    std::vector<std::string> fields;
    for (const auto& field : answer.error().fields) fields.push_back(field.field);
    CHECK(fields == std::vector<std::string>{"name", "cron", "zone", "delay", "max_attempts", "deadline_offset"});
    CHECK(desk.dump() == before);
}

TEST_CASE("who cancels a job hears when its node does not") {
    Desk desk;
    const auto made = desk.run("runtemplate:schedule", {{"id", desk.add_run_template().id.value}});
    REQUIRE(made);
    const Id<Job> job{made->at("job_id").as_int64()};
    const auto claimed = desk.claim();
    REQUIRE(claimed.size() == 1);
    REQUIRE(desk.start(job));
    const auto name = *claimed[0].job.claimed_by;
    const auto told = [&] {
        const auto answer = desk.run("job:cancel", {{"id", job.value}});
        REQUIRE(answer);
        return answer->as_object();
    };
    CHECK(told().at("node") == json::value(name));
    CHECK(told().at("node_state").is_null());
    CHECK(told().at("hint").as_string().find("not known") != std::string_view::npos);

    const auto now = desk.database.read([](Session& session) { return sql::current_time(session.sql); });
    Node node{.name = name, .roles = "executor", .seen_at = now, .lease_until = now + 1h};
    const auto is = [&](Node row) {
        desk.database.write([&](Session& session) {
            session.sql.execute(R"(DELETE FROM "node")");
            REQUIRE(Repository<Node>(session, Scope::everything()).insert(row));
        });
    };
    is(node);
    CHECK(told().at("node_state") == "running");
    CHECK(!told().contains("hint"));
    const auto refusal = [&](std::string_view operation) {
        return desk.error_of(operation, {{"id", job.value}}).message;
    };
    for (const auto* operation : {"job:retry", "job:delete"}) {
        CHECK(refusal(operation).find("has not ended yet (it is running). ") != std::string::npos);
        CHECK(refusal(operation).find("Wait for its end, or cancel it first (job cancel --id ") != std::string::npos);
    }
    node.stopped_at = now;
    is(node);
    CHECK(told().at("node_state") == "stopped");
    CHECK(told().at("hint") ==
          json::value(fmt::format("its node {} is stopped: it ends when that server starts again", name)));
    for (const auto* operation : {"job:retry", "job:delete"})
        CHECK(refusal(operation).find(fmt::format("Its node {} is stopped: it ends when that server starts", name)) !=
              std::string::npos);
    node.stopped_at.reset();
    node.lease_until = now;
    is(node);
    CHECK(told().at("node_state") == "expired");
    CHECK(told().at("hint").as_string().find("has not been heard of since") != std::string_view::npos);
}

TEST_CASE("the list of failed jobs and the counters agree about jobs that never ran") {
    Desk desk;
    const auto origin = desk.add_run_template();
    const auto launched = [&] {
        const auto made = desk.run("runtemplate:schedule", {{"id", origin.id.value}});
        REQUIRE(made);
        return Id<Job>{made->at("job_id").as_int64()};
    };
    const auto withdrawn = launched();
    REQUIRE(desk.run("job:cancel", {{"id", withdrawn.value}}));
    const auto begun = launched();
    REQUIRE(desk.claim().size() == 1);
    REQUIRE(desk.start(begun));
    REQUIRE(desk.end(begun, JobState::cancelled, 143));
    const auto blocked = launched();
    REQUIRE(desk.claim().size() == 1);
    REQUIRE(desk.end(blocked, JobState::blocked, 78));
    const auto ids = [&](std::string_view status) {
        const auto listed = desk.run("job:list", {{"status", status}});
        REQUIRE(listed);
        std::vector<std::int64_t> out;
        for (const auto& job : listed->as_array()) out.push_back(job.at("id").as_int64());
        return out;
    };
    CHECK(ids("failed") == std::vector{begun.value, blocked.value});
    CHECK(ids("cancelled") == std::vector{withdrawn.value, begun.value});
    const auto status = desk.run("job:status", {});
    REQUIRE(status);
    CHECK(status->at("failed_jobs") == 2);
    CHECK(status->at("withdrawn_jobs") == 1);
    CHECK(status->at("incomplete_jobs") == 0);
    CHECK(status->at("total_jobs") == 3);
    CHECK(desk.get(origin.id).failed_jobs_count == 2);
}

TEST_CASE("a deadline is kept as it is meant, and an empty one removes it") {
    Desk desk;
    const auto origin = desk.add_run_template();
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"deadline_offset", " +3h "}}));
    CHECK(desk.get(origin.id).deadline_offset == "+3h");
    CHECK_FALSE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"deadline_offset", "3h"}}));
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"deadline_offset", ""}}));
    CHECK_FALSE(desk.get(origin.id).deadline_offset);
}

TEST_CASE("another plan withdraws what is planned; switching a run template off or removing it all that waits") {
    Desk desk;
    const auto origin = desk.add_run_template([](RunTemplate& r) {
        r.interv = "h";
        r.next_slot = r.next_launch = test_time + 1h;
    });
    const auto planned = desk.plan(origin, test_time);
    const auto launched = desk.launch(origin, test_time + 1h);
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"delay", "60"}}));
    CHECK(desk.get(planned.id).state == JobState::cancelled);
    CHECK(desk.get(launched.id).state == JobState::pending);
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"active", false}, {"delay", "0"}}));
    CHECK(desk.get(launched.id).state == JobState::cancelled);
    CHECK(desk.get(launched.id).reason.value_or("").find("switched off") != std::string::npos);
    CHECK_FALSE(desk.get(origin.id).next_launch);
    CHECK_FALSE(desk.get(origin.id).activated_at);
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"active", true}}));
    CHECK(desk.get(origin.id).next_slot == test_time + 1h);
    CHECK(desk.get(origin.id).activated_at == test_time);
    const auto again = desk.launch(origin, test_time + 1h);
    REQUIRE(desk.run("runtemplate:delete", {{"id", origin.id.value}}));
    CHECK(desk.get(again.id).state == JobState::cancelled);
    CHECK_FALSE(desk.run("runtemplate:get", {{"id", origin.id.value}}));
}

TEST_CASE("a queued job does not start with another application than it was made for") {
    Desk desk;
    Application other{.uuid = "other", .name = "Other", .executable = "/bin/false", .enabled = true};
    desk.add(other);
    const auto origin = desk.add_run_template();
    const auto launched = desk.launch(origin, test_time + 1h);
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"app_uuid", "other"}}));
    CHECK(desk.get(launched.id).state == JobState::cancelled);
    CHECK(desk.get(launched.id).reason.value_or("").find("application") != std::string::npos);
}

TEST_CASE("a disabled company or application plans nothing until it is enabled again") {
    Desk desk;
    const auto made = desk.run("runtemplate:create", {{"name", "Run"},
                                                      {"app_id", desk.application.id.value},
                                                      {"company_id", desk.company.id.value},
                                                      {"interv", "h"}});
    REQUIRE(made);
    const Id<RunTemplate> id{made->at("id").as_int64()};
    CHECK(desk.get(id).next_launch == test_time + 1h);
    const auto check = [&](const char* operation, std::int64_t of) {
        REQUIRE(desk.run(operation, {{"id", of}, {"enabled", false}}));
        CHECK_FALSE(desk.get(id).next_launch);
        CHECK_FALSE(desk.get(id).fault.empty());
        REQUIRE(desk.run(operation, {{"id", of}, {"enabled", true}}));
        CHECK(desk.get(id).next_launch == test_time + 1h);
        CHECK(desk.get(id).fault.empty());
    };
    check("company:update", desk.company.id.value);
    check("application:update", desk.application.id.value);
}

TEST_CASE(
    "only a job that waits can be changed, only one that does not run can be removed, only an ended one retried") {
    Desk desk;
    for (const auto state : {JobState::pending, JobState::claimed, JobState::running, JobState::succeeded}) {
        CAPTURE(name_of(state));
        const auto changed =
            desk.run("job:update", {{"id", desk.in_state(state).id.value}, {"scheduled", "2026-03-03 02:00"}});
        CHECK(static_cast<bool>(changed) == (state == JobState::pending));
        if (!changed) CHECK(changed.error().code == ErrorCode::conflict);
        const auto retried = desk.run("job:retry", {{"id", desk.in_state(state).id.value}, {"force", true}});
        CHECK(static_cast<bool>(retried) == has_ended(state));
        const auto removed = desk.run("job:delete", {{"id", desk.in_state(state).id.value}});
        CHECK(static_cast<bool>(removed) == (state == JobState::pending || has_ended(state)));
    }
    for (const auto* operation : {"job:get", "job:update", "job:delete", "job:cancel", "job:retry"})
        CHECK(desk.run(operation, {{"id", 4711}}).error().code == ErrorCode::not_found);
}

TEST_CASE("emptying the queue cancels what waits and keeps the rows") {
    Desk desk;
    const auto origin = desk.add_run_template();
    for (int i = 0; i < 3; ++i) desk.launch(origin, test_time);
    desk.claim();
    const auto answer = desk.run("queue:truncate", {});
    REQUIRE(answer);
    CHECK(answer->at("waiting") == 2);
    CHECK(desk.all<QueueEntry>().empty());
    CHECK(desk.all<Job>().size() == 3);
    CHECK(desk.run("queue:fix", {})->at("messages").as_array().at(0).at("type") == "info");
}
