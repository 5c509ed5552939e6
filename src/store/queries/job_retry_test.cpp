// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::at;
using testing::Queue;
using testing::test_time;
using namespace std::chrono_literals;

TEST_CASE("a failed planned run is tried again, in the same transaction") {
    Queue queue;
    const auto origin = queue.add_run_template([](RunTemplate& r) {
        r.interv = "h";
        r.max_attempts = 3;
        r.retry_min_gap = 60;
        r.retry_backoff = RetryBackoff::linear;
    });
    auto current = queue.plan(origin, test_time);
    const auto first = current.id;
    for (std::int64_t attempt = 1; attempt <= 3; ++attempt) {
        REQUIRE(queue.claim(1, test_time + 1h).size() == 1);
        REQUIRE(queue.end(current.id, JobState::failed, 1));
        const auto queued = queue.all<QueueEntry>();
        if (attempt == 3) {
            CHECK(queued.empty());
            break;
        }
        REQUIRE(queued.size() == 1);
        current = queue.get(queued[0].job_id);
        CHECK(current.attempt == attempt + 1);
        CHECK(current.retry_of == first.value);
        CHECK(current.schedule == test_time + 60s * attempt);
        CHECK(queued[0].after == current.schedule);
        CHECK(current.schedule_type == "hourly");
        CHECK(current.launched_by == queue.user);
        CHECK_FALSE(current.slot);
    }
    CHECK(queue.get(origin.id).failed_jobs_count == 3);
}

TEST_CASE("what is not tried again") {
    Queue queue;
    auto origin = queue.add_run_template([](RunTemplate& r) { r.interv = "h", r.max_attempts = 3; });
    const auto tried_again = [&](JobState state, const std::function<void(const Job&)>& before_end = {}) {
        static int slots = 0;
        const auto job = queue.plan(origin, test_time - std::chrono::minutes(++slots));
        REQUIRE(queue.claim(1).size() == 1);
        if (before_end) before_end(job);
        REQUIRE(queue.end(job.id, state, 9));
        const auto queued = queue.all<QueueEntry>();
        for (const auto& entry : queued) REQUIRE(queue.cancel(entry.job_id));
        return !queued.empty();
    };
    CHECK(tried_again(JobState::failed));
    CHECK(tried_again(JobState::timed_out));
    CHECK(tried_again(JobState::lost));
    CHECK_FALSE(tried_again(JobState::succeeded));
    CHECK_FALSE(tried_again(JobState::cancelled));
    CHECK_FALSE(tried_again(JobState::blocked));
    SUBCASE("somebody asked it to end") {
        CHECK_FALSE(tried_again(JobState::failed, [&](const Job& job) { REQUIRE(queue.cancel(job.id)); }));
    }
    SUBCASE("the exit code is declared final") {
        auto code = queue.add(ApplicationExitCode{.application_id = queue.application.id, .exit_code = 9});
        CHECK(tried_again(JobState::failed));
        queue.change(code.id, [](ApplicationExitCode& c) { c.retry = false; });
        CHECK_FALSE(tried_again(JobState::failed));
        CHECK(tried_again(JobState::lost));
        queue.change(code.id, [](ApplicationExitCode& c) { c.retry = true; });
        CHECK(tried_again(JobState::failed));
    }
    SUBCASE("the run template was switched off meanwhile") {
        CHECK_FALSE(tried_again(
            JobState::failed, [&](const Job&) { queue.change(origin.id, [](RunTemplate& r) { r.active = false; }); }));
    }
    SUBCASE("the company was switched off meanwhile") {
        CHECK_FALSE(tried_again(JobState::failed, [&](const Job&) {
            queue.change(queue.company.id, [](Company& c) { c.enabled = false; });
        }));
    }
    SUBCASE("the application was switched off meanwhile") {
        CHECK_FALSE(tried_again(JobState::failed, [&](const Job&) {
            queue.change(queue.application.id, [](Application& a) { a.enabled = false; });
        }));
    }
}

TEST_CASE("what somebody launched is not tried again by itself") {
    Queue queue;
    const auto job =
        queue.launch(queue.add_run_template([](RunTemplate& r) { r.interv = "h", r.max_attempts = 3; }), test_time);
    REQUIRE(queue.claim().size() == 1);
    REQUIRE(queue.end(job.id, JobState::failed, 1));
    CHECK(queue.all<QueueEntry>().empty());
}

TEST_CASE("a queued attempt is withdrawn with its plan") {
    Queue queue;
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.interv = "h", r.max_attempts = 2; });
    const auto job = queue.plan(origin, test_time);
    REQUIRE(queue.claim().size() == 1);
    REQUIRE(queue.end(job.id, JobState::lost, 255));
    REQUIRE(queue.all<QueueEntry>().size() == 1);
    CHECK(queue.database.write([&](Session& session) {
        return withdraw_queued(session, origin.id, Withdraw::planned, "Off.", test_time);
    }) == 1);
    CHECK(queue.all<QueueEntry>().empty());
}
