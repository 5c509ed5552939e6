// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "store/queries/task.h"
#include "store/queries/task_count.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t most_attempts = 3;

/// Expected runs with their jobs, and what was counted of them.
struct Runs : testing::Queue {
    Runs() {
        for (const auto overlap : {Overlap::coalesce, Overlap::parallel})
            origins.push_back(add_run_template([&](RunTemplate& r) {
                r.interv = "h";
                r.overlap = overlap;
                r.max_attempts = most_attempts;
                r.retry_min_gap = 600;
                r.allow_late = overlap == Overlap::parallel;
            }));
    }

    std::optional<Job> some_job() {
        const auto jobs = all<Job>({.newest_first = true, .limit = 8});
        if (jobs.empty()) return std::nullopt;
        return *rc::gen::elementOf(jobs);
    }
    void plan_next(const RunTemplate& origin) {
        const auto slot = time + std::chrono::minutes(*rc::gen::inRange(-90, 1)) + std::chrono::milliseconds(++slots);
        // What makes no job is a missed run at once.
        if (*rc::gen::inRange(0, 4) == 0) {
            const TaskWindow window{slot, slot + 1h, slot + 1h};
            database.write(
                [&](Session& session) { miss_windows(session, origin, std::span(&window, 1), "Skipped.", time); });
        } else {
            plan(origin, slot);
        }
    }
    void end_with(const Job& job, JobState state) {
        database.write([&](Session& session) {
            record_end(session, {.job = job.id,
                                 .fence = job.fence,
                                 .state = state,
                                 .end = time,
                                 .exitcode = state != JobState::succeeded});
        });
    }
    /// As job:retry does.
    void attempt_by_hand(const Job& job) {
        if (!has_ended(job.state) || !job.task_id) return;
        database.write([&](Session& session) {
            if (!reopen_task(session, *job.task_id)) return;
            ++by_hand[job.task_id->value];
            testing::must(enqueue(session, Scope::everything(),
                                  {.run_template = get(session, job.runtemplate_id),
                                   .schedule = time,
                                   .schedule_type = "adhoc",
                                   .launched_by = user,
                                   .task = job.task_id},
                                  time));
        });
    }
    static RunTemplate get(Session& session, Id<RunTemplate> id) {
        return testing::must(Repository<RunTemplate>(session, Scope::everything()).find(id));
    }

    void step() {
        const auto& origin = origins[*rc::gen::inRange<std::size_t>(0, origins.size())];
        const auto job = some_job();
        switch (*rc::gen::inRange(0, 14)) {
            case 0:
            case 1: plan_next(origin); break;
            case 2:
            case 3:
            case 4: claim(*rc::gen::inRange(1, 4), time); break;
            case 5:
            case 6:
                if (job) start(job->id);
                break;
            case 7:
            case 8:
            case 9:
                if (job)
                    end_with(*job,
                             *rc::gen::element(JobState::succeeded, JobState::failed, JobState::failed, JobState::lost,
                                               JobState::timed_out, JobState::cancelled, JobState::blocked));
                break;
            case 10:
                if (job) static_cast<void>(cancel(job->id));
                break;
            case 11:
                if (job) attempt_by_hand(*job);
                break;
            case 12:
                database.write([&](Session& session) {
                    withdraw_queued(session, origin.id, Withdraw::planned, "Changed.", time);
                });
                break;
            default:
                if (job)
                    static_cast<void>(database.write(
                        [&](Session& session) { return erase_job(session, Scope::everything(), job->id, time); }));
                break;
        }
        time += std::chrono::minutes(*rc::gen::inRange(0, 10));
        close_abandoned_tasks(database, {}, time);
    }

    void check_invariants() {
        std::map<std::int64_t, std::int64_t> unfinished, succeeded, jobs;
        for (const auto& job : all<Job>()) {
            if (!job.task_id) continue;
            ++jobs[job.task_id->value];
            unfinished[job.task_id->value] += !has_ended(job.state);
            succeeded[job.task_id->value] += job.state == JobState::succeeded;
        }
        TaskStatistics there;
        for (const auto& task : all<Task>()) {
            const auto id = task.id.value;
            // Without an outcome there is work to do, with one there is none.
            RC_ASSERT(unfinished[id] == (has_outcome(task.state) ? 0 : 1));
            // Who has succeeded is not tried again.
            RC_ASSERT(succeeded[id] <= 1 + by_hand[id]);
            RC_ASSERT(task.attempts <= most_attempts + by_hand[id]);
            const bool fulfilled = task.state == TaskState::fulfilled || task.state == TaskState::fulfilled_late;
            RC_ASSERT(fulfilled == task.fulfilled_at.has_value());
            if (fulfilled) RC_ASSERT((*task.fulfilled_at <= task.deadline) == (task.state == TaskState::fulfilled));
            RC_ASSERT(task.cause.has_value() == (task.state == TaskState::failed || task.state == TaskState::missed));
            if (task.state == TaskState::missed) RC_ASSERT(task.attempts == 0);
            // An outcome is final, but for the one who opens it again by hand.
            const auto before = outcomes.find(id);
            if (before != outcomes.end() && has_outcome(task.state) && before->second.second == by_hand[id])
                RC_ASSERT(before->second.first == task.state);
            if (has_outcome(task.state)) outcomes[id] = {task.state, by_hand[id]};
            std::int64_t* const counters[] = {&there.open,           &there.running, &there.fulfilled,
                                              &there.fulfilled_late, &there.failed,  &there.missed};
            ++*counters[static_cast<std::size_t>(task.state)];
        }
        const auto counted =
            database.read([&](Session& session) { return task_statistics(session, Scope::everything()); });
        RC_ASSERT(counted.open == there.open);
        RC_ASSERT(counted.running == there.running);
        RC_ASSERT(counted.fulfilled == there.fulfilled);
        RC_ASSERT(counted.fulfilled_late == there.fulfilled_late);
        RC_ASSERT(counted.failed == there.failed);
        RC_ASSERT(counted.missed == there.missed);
    }

    std::vector<RunTemplate> origins;
    Timestamp time = moment;
    std::int64_t slots = 0;
    std::map<std::int64_t, std::int64_t> by_hand;
    std::map<std::int64_t, std::pair<TaskState, std::int64_t>> outcomes;
};

}  // namespace

TEST_CASE("whatever happens in whatever order, an expected run has one outcome and the counters agree") {
    Runs runs;
    CHECK(rc::check([&] {
        const int steps = *rc::gen::inRange(1, 12);
        for (int i = 0; i < steps; ++i) {
            runs.step();
            runs.check_invariants();
        }
    }));
}
