// SPDX-License-Identifier: MIT
#include "schedule/event_launcher.h"

#include "base/digest.h"
#include "domain/event.h"
#include "schedule/input_file.h"
#include "store/queries/content.h"
#include "store/queries/event_firing.h"
#include "support/desk.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using testing::must;

namespace {

struct RuleDesk : testing::Desk {
    testing::ManualClock clock{moment};
    Nudge nudge;
    int queued = 0;
    EventLauncher launcher{database, clock, vault, {.zone = "UTC", .user = user}, nudge, [this] { ++queued; }};
    RunTemplate first = add_run_template(), second = add_run_template();

    std::int64_t rule(const RunTemplate& from, const RunTemplate& to, json::object more = {}) {
        more["runtemplate_source_id"] = from.id.value;
        more["runtemplate_id"] = to.id.value;
        return must(run("event-rule:create", more)).at("id").as_int64();
    }
    /// A job of the run template comes to its end, with these files.
    Job ended(const RunTemplate& of, JobState state = JobState::succeeded,
              const std::map<std::string, std::string>& files = {}, const std::string& environment = "[]") {
        const auto job = launch(of, moment);
        claim();
        const auto fence = get(job.id).fence;
        database.write([&](Session& session) {
            record_start(session,
                         {.job = job.id, .fence = fence, .begin = moment, .handle = "h", .environment = environment});
            JobEnd end{.job = job.id, .fence = fence, .state = state, .end = moment, .exitcode = 0};
            for (const auto& [name, bytes] : files) {
                const auto digest = sha256_hex(bytes);
                const auto content = begin_content(session, job.id);
                add_content_piece(session, content, 0, bytes);
                REQUIRE(finish_content(session, content, job.id, digest, std::ssize(bytes), 1));
                end.artifacts.push_back({.job_id = job.id,
                                         .company_id = of.company_id,
                                         .kind = ArtifactKind::file,
                                         .filename = name,
                                         .size = std::ssize(bytes),
                                         .sha256 = digest,
                                         .created_at = moment});
            }
            record_end(session, end);
        });
        return get(job.id);
    }
    std::vector<Job> jobs_of(const RunTemplate& of) { return all<Job>({.equals = {{"runtemplate_id", of.id.value}}}); }
    LaunchValues values_of(const Job& job) {
        const auto rows = database.read([&](Session& session) {
            return session.sql.query(R"(SELECT "sealed" FROM "job_override" WHERE "job_id" = ?)", {job.id.value});
        });
        if (rows.empty()) return {};
        return must(launch_values_from(
            must(vault.open(std::get<std::string>(rows[0][0]), {"job_override", "sealed", job.id.value}))));
    }
};

}  // namespace

TEST_CASE("a rule launches its run template after each job that has succeeded, once") {
    RuleDesk desk;
    desk.rule(desk.first, desk.second);
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 1);
    CHECK(desk.queued == 1);
    const auto jobs = desk.jobs_of(desk.second);
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].schedule_type == "event");
    CHECK(jobs[0].launched_by == desk.user);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "schedule" WHERE "job_id" = ?)", {jobs[0].id.value}) == 1);
    CHECK(desk.launcher.launch_open() == 0);
    for (const auto state : {JobState::failed, JobState::cancelled, JobState::lost}) desk.ended(desk.first, state);
    CHECK(desk.launcher.launch_open() == 0);
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'fire' AND "login" = 'multiflexi')") == 2);
}

TEST_CASE("of two servers one launches, and what another run has left is not forgotten") {
    RuleDesk desk;
    desk.rule(desk.first, desk.second);
    desk.ended(desk.first);
    const auto open = desk.database.read([](Session& session) { return open_firings(session, 10); });
    REQUIRE(open.size() == 1);
    CHECK(desk.database.write([&](Session& session) { return take_firing(session, open[0].id); }));
    CHECK_FALSE(desk.database.write([&](Session& session) { return take_firing(session, open[0].id); }));
    CHECK(desk.launcher.launch_open() == 0);
    // One that crashes before the end of its transaction has taken nothing.
    desk.ended(desk.first);
    CHECK_THROWS(desk.database.write([&](Session& session) {
        for (const auto& firing : open_firings(session, 10)) take_firing(session, firing.id);
        throw std::runtime_error("crash");
    }));
    CHECK(desk.launcher.launch_open() == 1);
}

TEST_CASE("disabled and foreign rules launch nothing, and a failure is told in the audit log") {
    RuleDesk desk;
    const auto id = desk.rule(desk.first, desk.second, {{"enabled", false}});
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 0);
    must(desk.run("event-rule:update", {{"id", id}, {"enabled", true}}));
    must(desk.run("runtemplate:update", {{"id", desk.second.id.value}, {"active", false}}));
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 0);
    CHECK(desk.jobs_of(desk.second).empty());
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'fire_failed')") == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_firing" WHERE "state" = 'failed' AND "message" =
                         'RunTemplate is not active. Scheduling forbidden.')") == 1);
}

TEST_CASE("rules of higher priority come first") {
    RuleDesk desk;
    const auto third = desk.add_run_template();
    desk.rule(desk.first, desk.second, {{"priority", 1}});
    desk.rule(desk.first, third, {{"priority", 9}});
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 2);
    CHECK(desk.jobs_of(third).at(0).id < desk.jobs_of(desk.second).at(0).id);
}

TEST_CASE("rules that go round in circles come to rest") {
    RuleDesk desk;
    desk.rule(desk.first, desk.second);
    desk.rule(desk.second, desk.first);
    desk.ended(desk.first);
    std::size_t launched = 0;
    for (int i = 0; i < 40; ++i) {
        launched += desk.launcher.launch_open();
        for (const auto& claimed : desk.claim()) {
            desk.start(claimed.job.id);
            desk.end(claimed.job.id);
        }
    }
    CHECK(launched == EventLauncher::longest_chain);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_firing" WHERE "state" = 'failed')") == 1);
}

TEST_CASE("what one job sets off is bounded, however rules branch") {
    RuleDesk desk;
    EventLauncher launcher(desk.database, desk.clock, desk.vault,
                           {.zone = "UTC", .user = desk.user, .most_after_one_job = 10}, desk.nudge, [] {});
    for (const auto* name : {"A", "B", "C"}) {
        const json::object mapping{{"env_mapping", fmt::format(R"({{"{}":"x.y"}})", name)}};
        desk.rule(desk.first, desk.second, mapping);
        desk.rule(desk.second, desk.first, mapping);
    }
    const auto all_after = [&] {
        std::size_t launched = 0;
        for (int i = 0; i < 10; ++i) {
            launched += launcher.launch_open();
            for (const auto& claimed : desk.claim()) {
                desk.start(claimed.job.id);
                desk.end(claimed.job.id);
            }
        }
        return launched;
    };
    const auto root = desk.ended(desk.first);
    CHECK(all_after() == 10);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_firing" WHERE "state" = 'failed' AND "message" LIKE ?)",
                      {fmt::format("Event rules have launched 10 jobs after job {}, %", root.id.value)}) == 23);
    // Another one may set off as many.
    desk.ended(desk.first);
    CHECK(all_after() == 10);
}

TEST_CASE("an attempt goes on with the chain of the launch that it repeats") {
    RuleDesk desk;
    desk.rule(desk.first, desk.second);
    desk.rule(desk.second, desk.first);
    const auto root = desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 1);
    const auto run_claimed = [&](JobState state) {
        const auto claimed = desk.claim();
        REQUIRE(claimed.size() == 1);
        desk.start(claimed[0].job.id);
        desk.end(claimed[0].job.id, state);
        return claimed[0].job.id;
    };
    const auto failed = run_claimed(JobState::failed);
    CHECK(desk.launcher.launch_open() == 0);
    must(desk.run("job:retry", {{"id", failed.value}}));
    const auto again = run_claimed(JobState::succeeded);
    const auto open = desk.database.read([](Session& session) { return open_firings(session, 10); });
    REQUIRE(open.size() == 1);
    CHECK(open[0].job == again);
    CHECK(open[0].depth == 2);
    CHECK(open[0].root == root.id);
}

TEST_CASE("a rule that cannot be followed is noted as failed, and stops no other") {
    RuleDesk desk;
    const auto third = desk.add_run_template();
    const auto spoilt = desk.rule(desk.first, desk.second, {{"priority", 9}});
    desk.rule(desk.first, third);
    desk.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "event_rule" SET "operation" = 'nonsense' WHERE "id" = ?)", {spoilt});
    });
    desk.ended(desk.first);
    CHECK(desk.launcher.launch_open() == 1);
    CHECK(desk.jobs_of(third).size() == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_firing" WHERE "state" = 'open')") == 0);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_firing" WHERE "state" = 'failed' AND "message" <> '')") == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'fire_failed' AND "entity_id" = ?)", {spoilt}) ==
          1);
}

TEST_CASE("a long reason is kept as far as it fits, without half a character") {
    RuleDesk desk;
    desk.rule(desk.first, desk.second);
    desk.ended(desk.first);
    std::string reason = "x";
    for (int i = 0; i < 600; ++i) reason += "ž";
    desk.database.write([&](Session& session) {
        const auto open = open_firings(session, 10);
        note_failed(session, open.at(0).id, reason);
    });
    CHECK(desk.number(R"(SELECT LENGTH("message") FROM "event_firing" WHERE "state" = 'failed')") == 512);
}

TEST_CASE("variables come out of what the job has produced") {
    RuleDesk desk;
    for (const auto& [name, format, details] : {std::tuple("totals", "json", R"({"patterns":["^totals.*\\.json$"]})"),
                                                {"note", "file", R"({"patterns":["note"]})"}})
        desk.add(ApplicationData{.application_id = desk.application.id,
                                 .direction = "produces",
                                 .name = name,
                                 .format = format,
                                 .details = details});
    desk.rule(desk.first, desk.second, {{"env_mapping", R"({"SUM":"$.totals.sum.all","OK":"totals.ok","NOTE":"note",
        "RESULT":"$.deep.value","NOT_THERE":"$.totals.nothing","WHOLE":"$.totals.sum","FILE":"@file:note",
        "NO_FILE":"@file:nothing"})"}});
    desk.ended(desk.first, JobState::succeeded,
               {{"totals-1.json", R"({"sum":{"all":42.5},"ok":true})"},
                {"note.txt", "hello"},
                {"result.json", R"({"deep":{"value":"found"}})"}},
               R"([{"key":"RESULT_FILE","value":"out/result.json","source":"x","secret":false}])");
    CHECK(desk.launcher.launch_open() == 1);
    const auto job = desk.jobs_of(desk.second).at(0);
    CHECK(desk.values_of(job).env == TextMap{{"NOTE", "hello"}, {"OK", "true"}, {"RESULT", "found"}, {"SUM", "42.5"}});
    // The file is written when the job starts, wherever that is.
    const auto claimed = desk.claim();
    REQUIRE(claimed.size() == 1);
    testing::TemporaryDirectory base;
    const auto directory = must(WorkDirectory::create(base.path(), job.id.value));
    const auto prepared = desk.database.read([&](Session& session) {
        return JobPreparation(session, claimed).prepare(desk.vault, claimed[0], directory.path(), {});
    });
    const auto& plan = std::get<PreparedJob>(prepared);
    REQUIRE(plan.inputs.size() == 1);
    REQUIRE(write_input(desk.database, directory, plan.inputs[0]));
    std::ifstream file(plan.plan.environment.at("FILE"));
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "hello");
    CHECK_FALSE(plan.plan.environment.contains("NO_FILE"));
    CHECK_FALSE(write_input(desk.database, directory, plan.inputs[0]));
    CHECK(write_input(desk.database, directory, {"gone", {99}}).error().code == ErrorCode::not_found);
}

TEST_CASE("selectors find single values only") {
    const auto data = must(parse_json(R"({"a":{"b":"text","n":7,"list":[1]},"c":null})")).as_object();
    CHECK(select_value(data, "$.a.b") == "text");
    CHECK(select_value(data, "a.n") == "7");
    for (const auto* none : {"a", "a.list", "c", "a.x", "a.b.c", "", "$", "@file:a"})
        CHECK_FALSE(select_value(data, none));
}
