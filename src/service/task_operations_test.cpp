// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "store/queries/task.h"
#include "support/desk.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::at;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct TaskDesk : testing::Desk {
    TaskDesk() {
        origin = add_run_template([](RunTemplate& r) {
            r.interv = "h";
            r.max_attempts = 2;
        });
    }
    /// An attempt that has ended so.
    Job planned(JobState state, std::chrono::minutes before_now = 0min) {
        const auto job = plan(origin, test_time - before_now);
        REQUIRE(claim().size() == 1);
        start(job.id);
        end(job.id, state, state == JobState::succeeded ? 0 : 9);
        return get(job.id);
    }
    /// The same without a further attempt.
    Job planned_once(JobState state, std::chrono::minutes before_now = 0min) {
        change(origin.id, [](RunTemplate& r) { r.max_attempts = 1; });
        return planned(state, before_now);
    }
    json::value retry(Id<Job> id) { return testing::must(run("job:retry", {{"id", id.value}})); }
    Job next_job() { return get(all<QueueEntry>().at(0).job_id); }
    Task task_of(const Job& job) { return get(job.task_id.value()); }

    RunTemplate origin;
};

}  // namespace

TEST_CASE("tasks are listed by run template and state, and shown with their attempts") {
    TaskDesk desk;
    const auto first = desk.planned(JobState::failed);
    const auto good = desk.plan(desk.origin, test_time - 30min);
    const TaskWindow window{test_time - 5h, test_time - 4h, test_time - 4h};
    desk.database.write([&](Session& session) {
        miss_windows(session, desk.origin, std::span(&window, 1), "Nobody was there.", test_time);
    });
    const auto ids = [&](const json::object& input) {
        std::vector<std::int64_t> out;
        const auto listed = testing::must(desk.run("task:list", input));
        for (const auto& task : listed.as_array()) out.push_back(task.at("id").as_int64());
        return out;
    };
    CHECK(ids({}) == std::vector<std::int64_t>{1, 2, 3});
    CHECK(ids({{"order", "D"}, {"limit", 2}}) == std::vector<std::int64_t>{3, 2});
    CHECK(ids({{"after", 1}, {"limit", 1}}) == std::vector<std::int64_t>{2});
    CHECK(ids({{"state", "missed"}}) == std::vector<std::int64_t>{3});
    CHECK(ids({{"runtemplate_id", desk.origin.id.value}, {"state", "open"}}) == std::vector<std::int64_t>{1, 2});
    CHECK(ids({{"runtemplate_id", 4711}}).empty());
    CHECK(ids({{"from", "2026-03-02 01:30"}}) == std::vector<std::int64_t>{1, 2});
    CHECK(ids({{"to", "2026-03-02 02:00"}, {"order", "D"}}) == std::vector<std::int64_t>{3, 2});
    CHECK(ids({{"from", "2026-03-02 01:30"}, {"to", "2026-03-02 02:00"}, {"state", "open"}}).size() == 1);
    CHECK(ids({{"from", "2026-03-01"}, {"limit", 1}, {"offset", 1}}) == std::vector<std::int64_t>{2});
    CHECK(desk.error_of("task:list", {{"from", "soon"}}).code == ErrorCode::invalid);
    CHECK(desk.error_of("task:list", {{"state", "lost"}}).code == ErrorCode::invalid);

    const auto shown = testing::must(desk.run("task:get", {{"id", 1}, {"with_jobs", true}}));
    CHECK(shown.at("attempts") == 1);
    CHECK(shown.at("state") == "open");
    CHECK(shown.at("window_start") == "2026-03-02T02:00:00Z");
    REQUIRE(shown.at("jobs").as_array().size() == 2);
    CHECK(shown.at("jobs").at(0).at("id") == first.id.value);
    CHECK_FALSE(testing::must(desk.run("task:get", {{"id", 1}})).as_object().contains("jobs"));
    CHECK(testing::must(desk.run("task:get", {{"id", 3}})).at("cause") == "Nobody was there.");
    CHECK(desk.error_of("task:get", {{"id", 4711}}).code == ErrorCode::not_found);

    const auto jobs = testing::must(desk.run("job:list", {{"task_id", 1}}));
    CHECK(jobs.as_array().size() == 2);
    CHECK(testing::must(desk.run("job:get", {{"id", good.id.value}})).at("task_id") == 2);
    CHECK(to_text(testing::must(desk.run("task:status", {}))) ==
          R"({"total":3,"open":2,"running":0,"fulfilled":0,"fulfilled_late":0,"failed":0,"missed":1})");
}

TEST_CASE("a job that is tried again by hand is the next attempt of its run") {
    TaskDesk desk;
    for (const auto state : {JobState::failed, JobState::cancelled, JobState::blocked, JobState::lost}) {
        CAPTURE(name_of(state));
        const auto job = desk.planned_once(state, std::chrono::minutes(static_cast<int>(state)));
        REQUIRE(desk.task_of(job).state == TaskState::failed);
        const auto again = desk.get(Id<Job>{desk.retry(job.id).at("id").as_int64()});
        CHECK(desk.woken);
        CHECK(again.task_id == job.task_id);
        CHECK(again.attempt == 2);
        CHECK(again.schedule_type == "adhoc-cli");
        CHECK_FALSE(again.slot);
        CHECK(desk.task_of(job).state == TaskState::open);
        REQUIRE(desk.claim().size() == 1);
        REQUIRE(desk.start(again.id));
        CHECK(desk.task_of(job).state == TaskState::running);
        REQUIRE(desk.end(again.id));
        CHECK(desk.task_of(job).state == TaskState::fulfilled);
        CHECK(desk.task_of(job).fulfilled_by_job_id == again.id.value);
    }
}

TEST_CASE("a run that was missed can be made up for") {
    TaskDesk desk;
    const auto job = desk.plan(desk.origin, test_time);
    REQUIRE(desk.cancel(job.id));
    REQUIRE(desk.task_of(job).state == TaskState::missed);
    const auto again = desk.retry(job.id);
    CHECK(again.at("task_id") == job.task_id->value);
    CHECK(desk.task_of(job).state == TaskState::open);
    CHECK(testing::must(desk.run("task:status", {})).at("missed") == 0);
}

TEST_CASE("what somebody tries again is not withdrawn with the plan, but when the run template is switched off") {
    TaskDesk desk;
    const auto job = desk.planned_once(JobState::failed);
    const Id<Job> again{desk.retry(job.id).at("id").as_int64()};
    REQUIRE(desk.run("runtemplate:update", {{"id", desk.origin.id.value}, {"delay", "60"}}));
    CHECK(desk.get(again).state == JobState::pending);
    REQUIRE(desk.run("runtemplate:update", {{"id", desk.origin.id.value}, {"active", false}}));
    CHECK(desk.get(again).state == JobState::cancelled);
    CHECK(desk.task_of(job).state == TaskState::failed);
    CHECK(desk.error_of("job:retry", {{"id", job.id.value}}).code == ErrorCode::conflict);
}

TEST_CASE("a run has one attempt at a time") {
    TaskDesk desk;
    const auto job = desk.planned(JobState::failed);
    const auto next = desk.next_job();
    const auto refused = [&](bool force) {
        const auto error = desk.error_of("job:retry", {{"id", job.id.value}, {"force", force}});
        CHECK(error.code == ErrorCode::conflict);
        return error.message;
    };
    CHECK(refused(false).find("job update --id 2 --scheduled now") != std::string::npos);
    CHECK(refused(true).find("job 2, which is pending") != std::string::npos);
    REQUIRE(desk.claim().size() == 1);
    REQUIRE(desk.start(next.id));
    CHECK(refused(false).find("job 2, which is running") != std::string::npos);
    for (const auto state : {JobState::pending, JobState::claimed, JobState::running}) {
        const auto id = desk.in_state(state).id.value;
        const auto error = desk.error_of("job:retry", {{"id", id}, {"force", true}});
        CHECK(error.code == ErrorCode::conflict);
        CHECK(error.message.find(name_of(state)) != std::string::npos);
    }
}

TEST_CASE("what has been done is done again only by force, as a job of its own") {
    TaskDesk desk;
    const auto failed = desk.planned(JobState::failed);
    const auto good = desk.next_job();
    REQUIRE(desk.claim().size() == 1);
    REQUIRE(desk.end(good.id));
    const auto task = desk.task_of(failed);
    REQUIRE(task.state == TaskState::fulfilled);
    CHECK(desk.error_of("job:retry", {{"id", good.id.value}}).message ==
          "Job 2 succeeded. To run it once more all the same, say --force.");
    CHECK(desk.error_of("job:retry", {{"id", failed.id.value}}).message.find("has been done by job 2") !=
          std::string::npos);
    for (const auto& job : {good, failed}) {
        const auto again = testing::must(desk.run("job:retry", {{"id", job.id.value}, {"force", true}}));
        CHECK(again.at("task_id").is_null());
        const Id<Job> repeated{again.at("id").as_int64()};
        CHECK(desk.get(repeated).retry_of == failed.id.value);
        CHECK(desk.error_of("job:retry", {{"id", job.id.value}, {"force", true}}).code == ErrorCode::conflict);
        REQUIRE(desk.claim().size() == 1);
        REQUIRE(desk.end(repeated));
    }
    CHECK(desk.task_of(failed).state == TaskState::fulfilled);
}

TEST_CASE("a launch that failed has one further attempt at a time, until one succeeds") {
    TaskDesk desk;
    const auto launched = desk.in_state(JobState::failed);
    const Id<Job> second{desk.retry(launched.id).at("id").as_int64()};
    CHECK(desk.get(second).attempt == 2);
    for (const bool force : {false, true})
        CHECK(desk.error_of("job:retry", {{"id", launched.id.value}, {"force", force}})
                  .message.starts_with(fmt::format("The next attempt is job {}, which is pending.", second.value)));
    REQUIRE(desk.claim().size() == 1);
    REQUIRE(desk.end(second, JobState::failed, 1));
    for (const auto of : {launched.id, second}) {
        const Id<Job> third{desk.retry(of).at("id").as_int64()};
        CHECK(desk.get(third).attempt == (of == second ? 4 : 3));
        CHECK(desk.get(third).retry_of == launched.id.value);
        REQUIRE(desk.claim().size() == 1);
        REQUIRE(desk.end(third, of == second ? JobState::succeeded : JobState::failed, of == second ? 0 : 1));
    }
    CHECK(desk.error_of("job:retry", {{"id", launched.id.value}})
              .message.starts_with(fmt::format("What job {} was to do has been done by job 4.", launched.id.value)));
    CHECK(desk.run("job:retry", {{"id", second.value}, {"force", true}}));
    CHECK(desk.database.write([&](Session& session) {
        return withdraw_queued(session, launched.runtemplate_id, Withdraw::planned, "Off.", test_time);
    }) == 0);
}

TEST_CASE("a clean-up counts the tasks that go with their last job") {
    TaskDesk desk;
    desk.planned_once(JobState::succeeded);
    desk.change(desk.all<Job>().at(0).id, [](Job& job) { job.end = test_time - 24h * 3; });
    const auto cleaned = testing::must(desk.run("job:cleanup", {{"days", 1}}));
    CHECK(cleaned.at("deleted_jobs") == 1);
    CHECK(cleaned.at("deleted_tasks") == 1);
    CHECK(desk.all<Task>().empty());
}

TEST_CASE("runs without jobs are pruned with the jobs of their time") {
    TaskDesk desk;
    desk.planned_once(JobState::succeeded);
    const TaskWindow window{test_time - 5h, test_time - 4h, test_time - 4h};
    const auto miss = [&](Timestamp made) {
        desk.database.write([&](Session& session) {
            miss_windows(session, desk.origin, std::span(&window, 1), "Nobody was there.", made);
        });
    };
    miss(test_time - 24h * 40);
    CHECK(testing::must(desk.run("prune", {{"jobs", true}, {"keep", 2}})).at("deleted_tasks") == 0);
    CHECK(testing::must(desk.run("prune", {{"jobs", true}, {"keep", 1}})).at("deleted_tasks") == 1);
    miss(test_time - 24h * 40);
    CHECK(testing::must(desk.run("job:cleanup", {{"days", 41}})).at("deleted_tasks") == 0);
    CHECK(testing::must(desk.run("job:cleanup", {{"days", 39}})).at("deleted_tasks") == 1);
    miss(test_time);
    CHECK(testing::must(desk.run("prune", {{"jobs", true}, {"keep", 0}})).at("deleted_tasks") == 2);
    CHECK(desk.all<Job>().empty());
    CHECK(desk.all<Task>().empty());
    CHECK(testing::must(desk.run("task:status", {})).at("total") == 0);
}

TEST_CASE("saving a run template warns when its times make attempts impossible or every run late") {
    TaskDesk desk;
    const auto warned = [&](json::object input) {
        input["id"] = desk.origin.id.value;
        const auto answer = testing::must(desk.run("runtemplate:update", input));
        const auto* found = answer.as_object().if_contains("warnings");
        return found ? to_text(*found) : std::string();
    };
    CHECK(warned({{"max_attempts", 3}, {"retry_min_gap", 600}}) == "");
    CHECK(warned({{"deadline_offset", "+15m"}}).find("Of 3 attempts only 2 can start") != std::string::npos);
    CHECK(warned({{"deadline_offset", "+20m"}}) == "");
    CHECK(warned({{"delay", "1"}}).find("only 2") != std::string::npos);
    CHECK(warned({{"delay", "1200"}}).find("only 1") != std::string::npos);
    CHECK(warned({{"delay", "1201"}}).find("Every run is late") != std::string::npos);
    CHECK(warned({{"deadline_offset", ""}, {"delay", "0"}}) == "");
    CHECK(warned({{"interv", "n"}, {"deadline_offset", "00:00"}}) == "");
}
