// SPDX-License-Identifier: MIT
#include "store/queries/task.h"

#include "base/time_text.h"
#include "store/queries/task_count.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using testing::at;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct TaskQueue : testing::Queue {
    Task task_of(Id<Job> job) { return get(get(job).task_id.value()); }
    Job next_job() {
        const auto queued = all<QueueEntry>();
        REQUIRE(queued.size() == 1);
        return get(queued[0].job_id);
    }
    bool run(Id<Job> job, JobState state, std::int64_t code, Timestamp when) {
        REQUIRE(claim(100, test_time + 24h).size() == 1);
        REQUIRE(start(job));
        return database.write([&, fence = get(job).fence](Session& session) {
            return record_end(session, {.job = job, .fence = fence, .state = state, .end = when, .exitcode = code});
        });
    }
    TaskStatistics counted(Scope scope = Scope::everything()) {
        return database.read([&](Session& session) { return task_statistics(session, scope); });
    }
    RunTemplate hourly(const std::function<void(RunTemplate&)>& change = {}) {
        return add_run_template([&](RunTemplate& r) {
            r.interv = "h";
            if (change) change(r);
        });
    }
    /// Looks at all tasks, as often as it takes.
    void close_abandoned(Timestamp when) {
        Id<Task> after;
        while (const auto next = close_abandoned_tasks(database, after, when)) after = *next;
    }
};

}  // namespace

TEST_CASE("a task is open while its job waits, running while it runs, fulfilled when it succeeded") {
    TaskQueue queue;
    const auto job = queue.plan(queue.hourly(), test_time);
    auto task = queue.task_of(job.id);
    CHECK(task.state == TaskState::open);
    CHECK(task.window_start == test_time);
    CHECK(task.window_end == test_time + 1h);
    CHECK(task.company_id == queue.company.id);
    CHECK(queue.counted().open == 1);
    REQUIRE(queue.claim().size() == 1);
    CHECK(queue.task_of(job.id).state == TaskState::open);
    REQUIRE(queue.start(job.id));
    CHECK(queue.task_of(job.id).state == TaskState::running);
    CHECK(queue.counted().running == 1);
    REQUIRE(queue.end(job.id));
    task = queue.task_of(job.id);
    CHECK(task.state == TaskState::fulfilled);
    CHECK(task.fulfilled_by_job_id == job.id.value);
    CHECK(task.fulfilled_at == test_time);
    CHECK(task.attempts == 0);
    CHECK_FALSE(task.cause);
    CHECK(queue.counted().fulfilled == 1);
    CHECK(queue.counted().total() == 1);
}

TEST_CASE("what people launch has no task") {
    TaskQueue queue;
    const auto job = queue.launch(queue.hourly(), test_time);
    CHECK(queue.run(job.id, JobState::succeeded, 0, test_time));
    CHECK(queue.all<Task>().empty());
    CHECK(queue.counted().total() == 0);
}

TEST_CASE("attempts go on until one succeeds") {
    TaskQueue queue;
    auto job = queue.plan(queue.hourly([](RunTemplate& r) { r.max_attempts = 3; }), test_time);
    const auto task = *job.task_id;
    for (std::int64_t attempt = 1; attempt < 3; ++attempt) {
        REQUIRE(queue.run(job.id, JobState::failed, 1, test_time + 10min * attempt));
        CHECK(queue.get(task).state == TaskState::open);
        CHECK(queue.get(task).attempts == attempt);
        job = queue.next_job();
        CHECK(job.task_id == task);
        CHECK(job.attempt == attempt + 1);
    }
    REQUIRE(queue.run(job.id, JobState::succeeded, 0, test_time + 30min));
    CHECK(queue.get(task).state == TaskState::fulfilled);
    CHECK(queue.get(task).fulfilled_by_job_id == job.id.value);
    CHECK(queue.get(task).attempts == 2);
    CHECK(queue.all<QueueEntry>().empty());
}

TEST_CASE("a task whose attempts are used up has failed, with its cause") {
    TaskQueue queue;
    const auto origin = queue.hourly([](RunTemplate& r) { r.max_attempts = 2; });
    const auto first = queue.plan(origin, test_time);
    REQUIRE(queue.run(first.id, JobState::failed, 7, test_time + 10min));
    const auto second = queue.next_job();
    REQUIRE(queue.run(second.id, JobState::timed_out, 124, test_time + 20min));
    const auto task = queue.task_of(first.id);
    CHECK(task.state == TaskState::failed);
    CHECK(task.attempts == 2);
    CHECK(task.cause ==
          fmt::format("Job {} was ended at its time limit. The run template allows 2 attempts.", second.id.value));
    CHECK(queue.counted().failed == 1);
    CHECK(queue.all<QueueEntry>().empty());
}

TEST_CASE("no attempt starts after the deadline, and none follows one that ended after the window") {
    const auto tried_again = [](std::chrono::minutes deadline, std::chrono::minutes end) {
        TaskQueue queue;
        const auto origin = queue.hourly([](RunTemplate& r) { r.max_attempts = 2, r.retry_min_gap = 60; });
        const auto job = queue.database.write([&](Session& session) {
            return testing::must(enqueue(session, Scope::everything(),
                                         {.run_template = origin,
                                          .schedule = test_time,
                                          .window = TaskWindow{test_time, test_time + 1h, test_time + deadline},
                                          .schedule_type = "hourly",
                                          .launched_by = queue.user},
                                         test_time));
        });
        REQUIRE(queue.run(job.id, JobState::failed, 1, test_time + end));
        const bool again = !queue.all<QueueEntry>().empty();
        CHECK(queue.task_of(job.id).state == (again ? TaskState::open : TaskState::failed));
        return again;
    };
    CHECK(tried_again(30min, 29min));
    CHECK_FALSE(tried_again(30min, 30min));
    CHECK(tried_again(120min, 60min));
    CHECK_FALSE(tried_again(120min, 61min));
    CHECK_FALSE(tried_again(-60min, 1min));
}

TEST_CASE("a success after the deadline counts as late, or not at all") {
    for (const bool allowed : {false, true}) {
        TaskQueue queue;
        const auto job = queue.plan(queue.hourly([&](RunTemplate& r) { r.allow_late = allowed; }), test_time);
        REQUIRE(queue.run(job.id, JobState::succeeded, 0, test_time + 1h + 1ms));
        const auto task = queue.task_of(job.id);
        CHECK(task.state == (allowed ? TaskState::fulfilled_late : TaskState::failed));
        CHECK(task.fulfilled_by_job_id.has_value() == allowed);
        CHECK(task.cause.has_value() != allowed);
        CHECK((allowed ? queue.counted().fulfilled_late : queue.counted().failed) == 1);
    }
}

TEST_CASE("a job that is withdrawn before it started makes its task missed, or failed when others were tried") {
    TaskQueue queue;
    const auto origin = queue.hourly([](RunTemplate& r) { r.max_attempts = 2; });
    const auto missed = queue.plan(origin, test_time);
    REQUIRE(queue.cancel(missed.id));
    CHECK(queue.task_of(missed.id).state == TaskState::missed);
    CHECK(queue.task_of(missed.id).cause == "No more.");
    const auto tried = queue.plan(origin, test_time - 10min);
    REQUIRE(queue.run(tried.id, JobState::failed, 1, test_time));
    queue.database.write(
        [&](Session& session) { withdraw_queued(session, origin.id, Withdraw::planned, "Switched off.", test_time); });
    CHECK(queue.task_of(tried.id).state == TaskState::failed);
    CHECK(queue.task_of(tried.id).cause == "Switched off.");
    CHECK(queue.counted().missed == 1);
    CHECK(queue.counted().failed == 1);
}

TEST_CASE("a task goes with the last of its jobs, one that never began stays as missed") {
    TaskQueue queue;
    const auto erase = [&](Id<Job> job) {
        REQUIRE(queue.database.write(
            [&](Session& session) { return erase_job(session, Scope::everything(), job, test_time); }));
    };
    const auto origin = queue.hourly([](RunTemplate& r) { r.max_attempts = 2; });
    const auto first = queue.plan(origin, test_time);
    REQUIRE(queue.run(first.id, JobState::failed, 1, test_time));
    const auto second = queue.next_job();
    REQUIRE(queue.run(second.id, JobState::succeeded, 0, test_time));
    erase(second.id);
    CHECK_FALSE(queue.task_of(first.id).fulfilled_by_job_id);
    CHECK(queue.counted().fulfilled == 1);
    erase(first.id);
    CHECK(queue.all<Task>().empty());
    CHECK(queue.counted().total() == 0);

    const auto waiting = queue.plan(origin, test_time + 1h);
    erase(waiting.id);
    REQUIRE(queue.all<Task>().size() == 1);
    CHECK(queue.all<Task>()[0].state == TaskState::missed);
    CHECK(queue.all<Task>()[0].cause == fmt::format("Job {} was removed before it was started.", waiting.id.value));
    CHECK(queue.counted().missed == 1);
}

TEST_CASE("a job that is given to another run template leaves its task behind") {
    TaskQueue queue;
    const auto job = queue.plan(queue.hourly(), test_time);
    auto after = job;
    after.runtemplate_id = queue.hourly().id;
    after.slot.reset();
    after.task_id.reset();
    REQUIRE(queue.database.write(
        [&](Session& session) { return change_queued(session, Scope::everything(), job, after); }));
    CHECK(queue.get(*job.task_id).state == TaskState::missed);
    REQUIRE(queue.run(job.id, JobState::succeeded, 0, test_time));
    CHECK(queue.get(*job.task_id).state == TaskState::missed);
}

TEST_CASE("only a task that failed or was missed can be opened again, once") {
    TaskQueue queue;
    const auto origin = queue.hourly();
    const auto reopened = [&](Id<Task> task) {
        return queue.database.write([&](Session& session) { return reopen_task(session, task); });
    };
    const auto job = queue.plan(origin, test_time);
    CHECK_FALSE(reopened(*job.task_id));
    REQUIRE(queue.run(job.id, JobState::failed, 1, test_time));
    CHECK(reopened(*job.task_id));
    CHECK_FALSE(reopened(*job.task_id));
    CHECK_FALSE(queue.get(*job.task_id).cause);
    CHECK(queue.counted().open == 1);
    CHECK(queue.counted().failed == 0);
    const auto good = queue.plan(origin, test_time + 1h);
    REQUIRE(queue.run(good.id, JobState::succeeded, 0, test_time));
    CHECK_FALSE(reopened(*good.task_id));
    CHECK_FALSE(reopened({std::int64_t{1} << 40}));
}

TEST_CASE("windows that get no job are missed, once each") {
    TaskQueue queue;
    const auto origin = queue.hourly();
    const auto job = queue.plan(origin, test_time);
    std::vector<TaskWindow> windows;
    for (int i = -30; i <= 30; ++i)
        windows.push_back({test_time + std::chrono::hours(i), test_time + std::chrono::hours(i + 1),
                           test_time + std::chrono::hours(i)});
    for (int i = 0; i < 2; ++i)
        queue.database.write(
            [&](Session& session) { miss_windows(session, origin, windows, "Nobody was there.", test_time); });
    CHECK(queue.task_of(job.id).state == TaskState::open);
    const auto missed = queue.all<Task>({.equals = {{"state", std::string("missed")}}});
    REQUIRE(missed.size() == 60);
    CHECK(missed[0].cause == "Nobody was there.");
    CHECK(missed[0].deadline == missed[0].window_start);
    CHECK(queue.counted().missed == 60);
    // Counted with the day they belong to: five hours of the first day, 24, then 24, then 8 without that of the job.
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "task_count")") == 4);
}

TEST_CASE("a task is only abandoned when its window is over and nothing of it waits or runs") {
    TaskQueue queue;
    const auto origin = queue.hourly([](RunTemplate& r) { r.max_attempts = 2, r.overlap = Overlap::parallel; });
    const auto gone = queue.plan(origin, test_time);
    const auto tried = queue.plan(origin, test_time + 1min);
    const auto waiting = queue.plan(origin, test_time + 2min);
    const auto running = queue.plan(origin, test_time + 3min);
    for (const auto& claimed : queue.claim(100, test_time + 3min)) {
        if (claimed.job.id == running.id) queue.start(running.id);
        if (claimed.job.id == waiting.id)
            queue.database.write([&](Session& session) { give_back(session, claimed.job); });
    }
    // Somebody works on the jobs past our programs.
    queue.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "job" SET "state" = 'failed' WHERE "id" IN (?, ?))",
                            {gone.id.value, tried.id.value});
        session.sql.execute(R"(UPDATE "task" SET "attempts" = 1 WHERE "id" = ?)", {tried.task_id->value});
    });
    queue.close_abandoned(test_time + 1h);
    CHECK(queue.task_of(gone.id).state == TaskState::open);
    queue.close_abandoned(test_time + 48h);
    CHECK(queue.task_of(gone.id).state == TaskState::missed);
    CHECK_FALSE(queue.task_of(gone.id).cause.value_or("").empty());
    CHECK(queue.task_of(tried.id).state == TaskState::failed);
    CHECK(queue.task_of(waiting.id).state == TaskState::open);
    CHECK(queue.task_of(running.id).state == TaskState::running);
}

TEST_CASE("abandoned tasks are found behind any number of others") {
    TaskQueue queue;
    const auto origin = queue.hourly();
    std::vector<Task> many;
    for (int i = 0; i < 700; ++i)
        many.push_back({.runtemplate_id = origin.id,
                        .company_id = queue.company.id,
                        .window_start = test_time + std::chrono::minutes(i),
                        // The last of each kind is over, the others are not.
                        .window_end = i == 599 || i == 699 ? test_time : test_time + 24h,
                        .state = i < 600 ? TaskState::open : TaskState::running});
    queue.database.write(
        [&](Session& session) { REQUIRE(Repository<Task>(session, Scope::everything()).insert_all(many)); });
    queue.close_abandoned(test_time + 1h);
    CHECK(queue.counted().missed == 2);
    CHECK(queue.counted().open == 599);
    CHECK(queue.counted().running == 99);
}

TEST_CASE("history without jobs is forgotten by age and company, some at a time") {
    TaskQueue queue;
    const auto origin = queue.hourly();
    const auto other_company = queue.add_company("other");
    const auto other = queue.add_run_template([&](RunTemplate& r) { r.company_id = other_company.id; });
    const std::vector<TaskWindow> windows{{test_time, test_time + 1h, test_time + 1h},
                                          {test_time + 1h, test_time + 2h, test_time + 2h}};
    queue.database.write([&](Session& session) {
        miss_windows(session, origin, windows, "Nobody was there.", test_time);
        miss_windows(session, other, windows, "Nobody was there.", test_time);
    });
    const auto kept = queue.plan(origin, test_time - 1h);
    REQUIRE(queue.run(kept.id, JobState::succeeded, 0, test_time));
    const auto forget = [&](const Scope& scope, Timestamp before, std::int64_t most) {
        return queue.database.write(
            [&](Session& session) { return forget_tasks_without_jobs(session, scope, before, most); });
    };
    CHECK(forget(Scope::everything(), test_time, 100) == 0);
    CHECK(forget(Scope::only(other_company.id), test_time + 1ms, 100) == 2);
    CHECK(queue.counted().missed == 2);
    CHECK(queue.counted(Scope::only(other_company.id)).total() == 0);
    CHECK(forget(Scope::everything(), test_time + 1ms, 1) == 1);
    CHECK(forget(Scope::everything(), test_time + 1ms, 100) == 1);
    CHECK(queue.task_of(kept.id).state == TaskState::fulfilled);
}
