// SPDX-License-Identifier: MIT
#include "store/queries/job_queue.h"

#include "base/time_text.h"
#include "store/queries/statistics.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::at;
using testing::Queue;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

constexpr JobState every_state[] = {JobState::pending,   JobState::claimed, JobState::running,
                                    JobState::succeeded, JobState::failed,  JobState::timed_out,
                                    JobState::cancelled, JobState::blocked, JobState::lost};

}  // namespace

TEST_CASE("a job starts from claimed only") {
    for (const auto state : every_state) {
        Queue queue;
        const auto job = queue.in_state(state);
        const bool started = queue.start(job.id);
        CHECK(started == (state == JobState::claimed));
        CHECK(queue.get(job.id).state == (started ? JobState::running : state));
    }
}

TEST_CASE("a job ends from claimed or running only, and is counted once") {
    for (const auto state : every_state) {
        Queue queue;
        const auto job = queue.in_state(state);
        const bool ended = queue.end(job.id, JobState::failed, 3);
        CHECK(ended == (state == JobState::claimed || state == JobState::running));
        const auto after = queue.get(job.id);
        CHECK(after.state == (ended ? JobState::failed : state));
        if (ended) CHECK(after.exitcode == 3);
        if (has_ended(after.state)) CHECK_FALSE(after.exclusive);
        const auto counts = queue.get(job.runtemplate_id);
        CHECK(counts.successfull_jobs_count + counts.failed_jobs_count == (has_ended(after.state) ? 1 : 0));
    }
}

TEST_CASE("a job that was cancelled before it started neither succeeded nor failed; one that had begun failed") {
    Queue queue;
    const auto counted = [&] {
        return queue.database.read(
            [](Session& session) { return job_statistics(session, Scope::everything(), test_time); });
    };
    const auto pending = queue.in_state(JobState::pending);
    REQUIRE(queue.cancel(pending.id));
    const auto claimed = queue.in_state(JobState::claimed);
    REQUIRE(queue.end(claimed.id, JobState::cancelled));
    for (const auto& job : {pending, claimed}) {
        CHECK(queue.get(job.runtemplate_id).failed_jobs_count == 0);
        CHECK(queue.get(job.runtemplate_id).successfull_jobs_count == 0);
    }
    CHECK(counted().withdrawn == 2);
    CHECK(counted().failed == 0);
    CHECK(counted().unfinished() == 0);
    const auto begun = queue.in_state(JobState::cancelled);
    CHECK(queue.get(begun.runtemplate_id).failed_jobs_count == 1);
    CHECK(counted().failed == 1);
    // What is removed counts no more.
    for (const auto& job : {pending, claimed, begun})
        queue.database.write(
            [&](Session& session) { REQUIRE(erase_job(session, Scope::everything(), job.id, test_time)); });
    CHECK(counted().total == 0);
    CHECK(counted().withdrawn == 0);
    CHECK(counted().failed == 0);
}

TEST_CASE("a job is given back from claimed only") {
    for (const auto state : every_state) {
        Queue queue;
        const auto job = queue.in_state(state);
        queue.database.write([&](Session& session) { give_back(session, job); });
        const auto after = queue.get(job.id);
        CHECK(after.state == (state == JobState::claimed ? JobState::pending : state));
        const bool queued = !queue.all<QueueEntry>({.equals = {{"job_id", job.id.value}}}).empty();
        CHECK(queued == (after.state == JobState::pending));
    }
}

TEST_CASE("a waiting job is cancelled at once, a running one is asked to end, an ended one refuses") {
    for (const auto state : every_state) {
        Queue queue;
        const auto job = queue.in_state(state);
        const auto answer = queue.cancel(job.id);
        if (has_ended(state)) {
            REQUIRE_FALSE(answer);
            CHECK(answer.error().code == ErrorCode::conflict);
            continue;
        }
        REQUIRE(answer);
        CHECK(answer->reason == "No more.");
        if (state == JobState::pending) {
            CHECK(answer->state == JobState::cancelled);
            CHECK(queue.all<QueueEntry>().empty());
        } else {
            CHECK(answer->state == state);
            CHECK(answer->cancel_requested_at == test_time);
            CHECK(queue.database.read([](Session& session) { return cancel_requests(session, "node"); }) ==
                  std::vector{job.id});
            CHECK(queue.database.read([](Session& session) { return cancel_requests(session, "other"); }).empty());
        }
    }
}

TEST_CASE("the reason given with a cancel request stays when the process has ended") {
    Queue queue;
    const auto job = queue.in_state(JobState::running);
    REQUIRE(queue.cancel(job.id));
    REQUIRE(queue.end(job.id, JobState::cancelled, 143));
    CHECK(queue.get(job.id).reason == "No more.");
}

TEST_CASE("a job that ended well in spite of a cancel request has no reason") {
    Queue queue;
    const auto job = queue.in_state(JobState::running);
    REQUIRE(queue.cancel(job.id));
    REQUIRE(queue.end(job.id));
    CHECK_FALSE(queue.get(job.id).reason);
}

TEST_CASE("a job of another company is neither cancelled nor removed") {
    Queue queue;
    const auto job = queue.in_state(JobState::pending);
    const auto stranger = Scope::only(queue.add_company("other").id);
    CHECK(queue.cancel(job.id, stranger).error().code == ErrorCode::not_found);
    const auto erased =
        queue.database.write([&](Session& session) { return erase_job(session, stranger, job.id, test_time); });
    CHECK(erased.error().code == ErrorCode::not_found);
    CHECK(queue.get(job.id).state == JobState::pending);
}

TEST_CASE("jobs are claimed oldest first, when they are due, as many as asked for") {
    Queue queue;
    const auto later = queue.launch(queue.add_run_template(), test_time + 1ms);
    const auto second = queue.launch(queue.add_run_template(), test_time);
    const auto first = queue.launch(queue.add_run_template(), test_time - 1h);
    const auto one = queue.claim(1);
    REQUIRE(one.size() == 1);
    CHECK(one[0].job.id == first.id);
    const auto rest = queue.claim();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].job.id == second.id);
    CHECK(queue.database.read([](Session& session) { return next_due(session); }) == later.schedule);
}

TEST_CASE("a run template that nobody can read blocks its own jobs, says so and stops nobody else") {
    Queue queue;
    const auto bad = queue.add_run_template(), good = queue.add_run_template();
    const auto running = queue.launch(bad, queue.moment);
    queue.claim();
    queue.start(running.id);
    const auto spoilt = queue.launch(good, queue.moment), sound = queue.launch(good, queue.moment);
    queue.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "schedule" SET "runtemplate_id" = ? WHERE "job_id" = ?)",
                            {bad.id.value, spoilt.id.value});
        session.sql.execute(R"(UPDATE "job" SET "runtemplate_id" = ? WHERE "id" = ?)", {bad.id.value, spoilt.id.value});
        session.sql.execute(R"(UPDATE "runtemplate" SET "overlap" = 'zzz' WHERE "id" = ?)", {bad.id.value});
    });
    const auto claimed = queue.claim();
    REQUIRE(claimed.size() == 1);
    CHECK(claimed[0].job.id == sound.id);
    const auto blocked = queue.get(spoilt.id);
    CHECK(blocked.state == JobState::blocked);
    CHECK(blocked.reason.value_or("").find("overlap") != std::string::npos);
    CHECK(queue.number(fmt::format(R"(SELECT COUNT(*) FROM "runtemplate" WHERE "id" = {} AND "fault" LIKE '%overlap%')",
                                   bad.id.value)) == 1);
    // What runs already is recorded when it ends.
    CHECK(queue.end(running.id, JobState::failed, 1));
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "schedule")") == 0);
}

TEST_CASE("one job of a run template runs at a time; the next goes when it ends") {
    Queue queue;
    const auto origin = queue.add_run_template();
    const auto first = queue.launch(origin, test_time - 3s);
    const auto second = queue.launch(origin, test_time - 2s);
    const auto third = queue.launch(origin, test_time - 1s);
    REQUIRE(queue.claim().size() == 1);
    CHECK(queue.waiting() == 2);
    CHECK(queue.claim().empty());
    REQUIRE(queue.end(first.id));
    const auto next = queue.claim();
    REQUIRE(next.size() == 1);
    CHECK(next[0].job.id == second.id);
    CHECK(queue.waiting() == 1);
    REQUIRE(queue.end(second.id, JobState::failed, 1));
    REQUIRE(queue.claim().size() == 1);
    CHECK(queue.get(third.id).state == JobState::claimed);
}

TEST_CASE("jobs that are set aside do not stand in the way of others") {
    Queue queue;
    const auto busy = queue.add_run_template();
    for (int i = 0; i < 10; ++i) queue.launch(busy, test_time - 1h);
    const auto other = queue.launch(queue.add_run_template(), test_time);
    REQUIRE(queue.claim(1).size() == 1);
    const auto next = queue.claim(2);
    REQUIRE(next.size() == 1);
    CHECK(next[0].job.id == other.id);
}

TEST_CASE("parallel jobs of a run template do not wait") {
    Queue queue;
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
    queue.launch(origin, test_time);
    queue.launch(origin, test_time);
    CHECK(queue.claim().size() == 2);
}

TEST_CASE("another overlap policy counts for jobs that are there already") {
    Queue queue;
    auto origin = queue.add_run_template();
    const auto with = [&](Overlap policy) {
        const auto before = queue.get(origin.id);
        auto after = before;
        after.overlap = policy;
        queue.database.write([&](Session& session) {
            REQUIRE(Repository<RunTemplate>(session, Scope::everything()).update(before, after));
            apply_overlap(session, after);
        });
        origin = after;
    };
    for (int i = 0; i < 3; ++i) queue.launch(origin, queue.moment);
    REQUIRE(queue.claim().size() == 1);
    CHECK(queue.waiting() == 2);
    with(Overlap::parallel);
    CHECK(queue.waiting() == 0);
    const auto beside = queue.claim();
    REQUIRE(beside.size() == 2);
    with(Overlap::queue);
    const auto late = queue.launch(origin, queue.moment);
    CHECK(queue.claim().empty());
    CHECK(queue.waiting() == 1);
    for (const auto& job : queue.all<Job>())
        if (job.id != late.id) queue.end(job.id);
    CHECK(queue.claim().size() == 1);
}

TEST_CASE("whoever waits goes on when the job before it is cancelled, removed, moved or given back") {
    const auto check = [](const std::function<void(Queue&, const Job&)>& leave) {
        Queue queue;
        const auto origin = queue.add_run_template();
        const auto first = queue.launch(origin, test_time - 3s);
        const auto second = queue.launch(origin, test_time - 2s);
        const auto third = queue.launch(origin, test_time - 1s);
        REQUIRE(queue.claim().size() == 1);
        REQUIRE(queue.end(first.id));
        // Now the second is let go and not yet claimed; the third waits for it.
        leave(queue, queue.get(second.id));
        const auto next = queue.claim();
        REQUIRE(next.size() == 1);
        CHECK(next[0].job.id == third.id);
    };
    SUBCASE("cancelled") {
        check([](Queue& queue, const Job& job) { REQUIRE(queue.cancel(job.id)); });
    }
    SUBCASE("removed") {
        check([](Queue& queue, const Job& job) {
            REQUIRE(queue.database.write(
                [&](Session& session) { return erase_job(session, Scope::everything(), job.id, test_time); }));
        });
    }
    SUBCASE("moved to another day") {
        check([](Queue& queue, const Job& job) {
            Job after = job;
            after.schedule = test_time + 24h;
            REQUIRE(queue.database.write(
                [&](Session& session) { return change_queued(session, Scope::everything(), job, after); }));
        });
    }
    SUBCASE("moved to another run template") {
        check([](Queue& queue, const Job& job) {
            Job after = job;
            after.runtemplate_id = queue.add_run_template().id;
            after.schedule = test_time + 24h;
            REQUIRE(queue.database.write(
                [&](Session& session) { return change_queued(session, Scope::everything(), job, after); }));
        });
    }
    SUBCASE("given back, then cancelled") {
        check([](Queue& queue, const Job& job) {
            REQUIRE(queue.claim().size() == 1);
            const auto claimed = queue.get(job.id);
            queue.database.write([&](Session& session) { give_back(session, claimed); });
            REQUIRE(queue.cancel(job.id));
        });
    }
    SUBCASE("run in parallel") {
        check([](Queue& queue, const Job& job) {
            const auto set = [&](Overlap overlap) {
                queue.change(job.runtemplate_id, [&](RunTemplate& r) { r.overlap = overlap; });
            };
            set(Overlap::parallel);
            REQUIRE(queue.claim().size() == 1);
            set(Overlap::coalesce);
            REQUIRE(queue.end(job.id));
        });
    }
}

TEST_CASE("a waiting job that moves to another run template no longer waits for the first") {
    Queue queue;
    const auto origin = queue.add_run_template();
    queue.launch(origin, test_time - 2s);
    const auto second = queue.launch(origin, test_time - 1s);
    REQUIRE(queue.claim().size() == 1);
    Job after = second;
    after.runtemplate_id = queue.add_run_template().id;
    REQUIRE(queue.database.write(
        [&](Session& session) { return change_queued(session, Scope::everything(), second, after); }));
    CHECK(queue.claim().size() == 1);
}

TEST_CASE("a slot of a run template makes one job") {
    Queue queue;
    const auto origin = queue.add_run_template();
    queue.plan(origin, test_time);
    const auto again = queue.database.write([&](Session& session) {
        return enqueue(session, Scope::everything(),
                       {.run_template = origin,
                        .schedule = test_time,
                        .window = TaskWindow{test_time, test_time + 1h, test_time + 1h},
                        .schedule_type = "hourly",
                        .launched_by = queue.user},
                       test_time);
    });
    REQUIRE_FALSE(again);
    CHECK(again.error().code == ErrorCode::conflict);
    CHECK(queue.all<Job>().size() == 1);
    CHECK(queue.all<QueueEntry>().size() == 1);
}

TEST_CASE("withdrawing takes planned jobs back, or all that wait, never what runs") {
    Queue queue;
    const auto origin = queue.add_run_template();
    const auto running = queue.plan(origin, test_time - 1h);
    REQUIRE(queue.claim().size() == 1);
    const auto planned = queue.plan(origin, test_time);
    const auto launched = queue.launch(origin, test_time);
    const auto withdraw = [&](Withdraw which) {
        return queue.database.write(
            [&](Session& session) { return withdraw_queued(session, origin.id, which, "Changed.", test_time); });
    };
    CHECK(withdraw(Withdraw::planned) == 1);
    CHECK(queue.get(planned.id).state == JobState::cancelled);
    CHECK(queue.get(planned.id).reason == "Changed.");
    CHECK(queue.get(launched.id).state == JobState::pending);
    CHECK(withdraw(Withdraw::all) == 1);
    CHECK(queue.get(launched.id).state == JobState::cancelled);
    CHECK(queue.get(running.id).state == JobState::claimed);
}
