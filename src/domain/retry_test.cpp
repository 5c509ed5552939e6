// SPDX-License-Identifier: MIT
#include "domain/retry.h"

#include "base/time_text.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::at;
using namespace std::chrono_literals;

namespace {

RunTemplate three_attempts() {
    RunTemplate out;
    out.interv = "h";
    out.max_attempts = 3;
    out.retry_min_gap = 60;
    return out;
}

const TaskWindow window{at("2026-03-02 02:00"), at("2026-03-02 03:00"), at("2026-03-02 03:00")};

EndedAttempt failed() { return {.job = {7}, .end = at("2026-03-02 02:10"), .exitcode = 9}; }

bool has_next(const RunTemplate& run_template, const EndedAttempt& ended = failed(), std::int64_t failures = 1) {
    const auto next = next_attempt(run_template, window, ended, failures);
    // Who gets no further attempt is told why, who gets one has nothing to be told.
    CHECK(next.start.has_value() == next.why_not.empty());
    return next.start.has_value();
}

std::chrono::milliseconds gap(RetryBackoff backoff, std::int64_t attempts) {
    auto run_template = three_attempts();
    run_template.max_attempts = 1000;
    run_template.retry_backoff = backoff;
    return next_attempt(run_template, {window.start, window.end, at("2029-01-01 00:00")}, failed(), attempts)
               .start.value() -
           failed().end;
}

Task open_task() {
    return {.id = {1}, .window_start = window.start, .window_end = window.end, .deadline = window.deadline};
}

}  // namespace

TEST_CASE("failed, timed out and lost attempts are followed by another one; others are not") {
    for (const auto state : {JobState::failed, JobState::timed_out, JobState::lost}) {
        auto ended = failed();
        ended.state = state;
        CHECK(next_attempt(three_attempts(), window, ended, 1).start == ended.end + 60s);
    }
    for (const auto state : {JobState::cancelled, JobState::blocked}) {
        auto ended = failed();
        ended.state = state;
        CHECK_FALSE(has_next(three_attempts(), ended));
    }
    auto unwanted = failed();
    unwanted.cancel_requested = true;
    CHECK_FALSE(has_next(three_attempts(), unwanted));
}

TEST_CASE("there are as many attempts as the run template allows") {
    CHECK(has_next(three_attempts(), failed(), 2));
    CHECK_FALSE(has_next(three_attempts(), failed(), 3));
    auto once = three_attempts();
    once.max_attempts = 1;
    CHECK_FALSE(has_next(once));
}

TEST_CASE("the gap grows as the backoff says, up to a year") {
    for (const auto same : {RetryBackoff::none, RetryBackoff::fixed}) {
        CHECK(gap(same, 1) == 60s);
        CHECK(gap(same, 5) == 60s);
    }
    CHECK(gap(RetryBackoff::linear, 1) == 60s);
    CHECK(gap(RetryBackoff::linear, 5) == 300s);
    CHECK(gap(RetryBackoff::exponential, 1) == 120s);
    CHECK(gap(RetryBackoff::exponential, 5) == 1920s);
    CHECK(gap(RetryBackoff::exponential, 900) == 366 * 24h);
}

TEST_CASE("an exit code that is declared final ends the attempts") {
    auto ended = failed();
    ended.may_retry = false;
    CHECK_FALSE(has_next(three_attempts(), ended));
    ended.may_retry = true;
    CHECK(has_next(three_attempts(), ended));
}

TEST_CASE("run templates that are switched off, removed or without a schedule are not tried again") {
    auto inactive = three_attempts();
    inactive.active = false;
    CHECK_FALSE(has_next(inactive));
    auto retired = three_attempts();
    retired.live.reset();
    CHECK_FALSE(has_next(retired));
    auto unplanned = three_attempts();
    unplanned.interv = "n";
    CHECK_FALSE(has_next(unplanned));
}

TEST_CASE("an attempt may end with the window, not after it, to be followed by another one") {
    auto patient = three_attempts();
    const TaskWindow long_deadline{window.start, window.end, window.end + 1h};
    auto ended = failed();
    ended.end = window.end;
    CHECK(next_attempt(patient, long_deadline, ended, 1).start == window.end + 60s);
    ended.end += 1ms;
    const auto next = next_attempt(patient, long_deadline, ended, 1);
    CHECK_FALSE(next.start);
    CHECK(next.why_not.find("2026-03-02T03:00:00Z") != std::string::npos);
}

TEST_CASE("an attempt may start at the deadline, not after it") {
    const auto allowed = [&](std::string_view deadline) {
        return next_attempt(three_attempts(), {window.start, window.end, at(deadline)}, failed(), 1).start.has_value();
    };
    CHECK(allowed("2026-03-02 02:11:00"));
    CHECK_FALSE(allowed("2026-03-02 02:10:59"));
    CHECK_FALSE(allowed("2026-03-02 00:30:00"));
    CHECK(allowed("2026-03-02 05:00:00"));
}

TEST_CASE("how many attempts fit before a deadline") {
    auto r = three_attempts();
    const auto fit = [&](std::chrono::seconds deadline, std::chrono::seconds launch = 0s) {
        return attempts_that_fit(r, {window.start, window.end, window.start + deadline}, window.start + launch);
    };
    CHECK(fit(1h) == 3);
    CHECK(fit(120s) == 3);
    CHECK(fit(119s) == 2);
    CHECK(fit(59s) == 1);
    CHECK(fit(120s, 1s) == 2);
    CHECK(fit(3h, 59min + 30s) == 2);  // the second one fails when the window is over
    r.retry_backoff = RetryBackoff::linear;
    CHECK(fit(180s) == 3);
    CHECK(fit(179s) == 2);
    r.retry_min_gap = 0;
    r.max_attempts = 1000;
    CHECK(fit(0s) == 1000);
}

TEST_CASE("a success up to the deadline fulfils a task; a later one only where late runs count") {
    auto r = three_attempts();
    auto ended = failed();
    ended.state = JobState::succeeded;
    ended.end = window.deadline;
    CHECK(after_attempt(open_task(), &r, ended).state == TaskState::fulfilled);
    CHECK(after_attempt(open_task(), nullptr, ended).state == TaskState::fulfilled);
    ended.end += 1ms;
    const auto late = after_attempt(open_task(), &r, ended);
    CHECK(late.state == TaskState::failed);
    CHECK(late.cause.find("Job 7 succeeded at 2026-03-02T03:00:00Z, after the deadline") == 0);
    CHECK(after_attempt(open_task(), nullptr, ended).state == TaskState::failed);
    r.allow_late = true;
    const auto allowed = after_attempt(open_task(), &r, ended);
    CHECK(allowed.state == TaskState::fulfilled_late);
    CHECK(allowed.attempts == 0);
    CHECK(allowed.cause.empty());
}

TEST_CASE("a failed attempt is counted and leaves the task open for the next one, or ends it with its cause") {
    const auto r = three_attempts();
    auto task = open_task();
    task.attempts = 1;
    const auto again = after_attempt(task, &r, failed());
    CHECK(again.state == TaskState::open);
    CHECK(again.attempts == 2);
    CHECK(again.launch == failed().end + 60s);
    task.attempts = 2;
    const auto last = after_attempt(task, &r, failed());
    CHECK(last.state == TaskState::failed);
    CHECK(last.attempts == 3);
    CHECK_FALSE(last.launch);
    CHECK(last.cause == "Job 7 ended with exit code 9. The run template allows 3 attempts.");
    auto blocked = failed();
    blocked.state = JobState::blocked;
    blocked.reason = "Required variable without a value: A.";
    CHECK(after_attempt(task, &r, blocked).cause ==
          "Job 7 was blocked: Required variable without a value: A. It is not tried again, because the same would be "
          "missing.");
    CHECK(after_attempt(task, nullptr, failed()).state == TaskState::failed);
}

TEST_CASE("what was cancelled before it began was no attempt") {
    const auto r = three_attempts();
    auto ended = failed();
    ended.state = JobState::cancelled;
    ended.reason = "No more.";
    CHECK(after_attempt(open_task(), &r, ended).state == TaskState::failed);
    CHECK(after_attempt(open_task(), &r, ended).attempts == 1);
    ended.has_begun = false;
    auto task = open_task();
    CHECK(after_attempt(task, &r, ended).state == TaskState::missed);
    CHECK(after_attempt(task, &r, ended).attempts == 0);
    CHECK(after_attempt(task, &r, ended).cause == "Job 7 was cancelled: No more.");
    task.attempts = 2;
    CHECK(after_attempt(task, &r, ended).state == TaskState::failed);
    CHECK(after_attempt(task, &r, ended).attempts == 2);
}

TEST_CASE("a cause fits into its field, whatever a job gave as its reason") {
    auto ended = failed();
    ended.state = JobState::lost;
    ended.reason = "";
    for (int i = 0; i < 4000; ++i) *ended.reason += "ž\xff";
    const auto r = three_attempts();
    auto task = open_task();
    task.attempts = 2;
    const auto cause = after_attempt(task, &r, ended).cause;
    CHECK(cause.size() <= entity_of<Task>().find("cause")->options.max_length);
    CHECK(cause.ends_with("…"));
}

TEST_CASE("deadlines are read, and wrong ones explained") {
    CHECK(parse_deadline("+3h")->after_slot == 3h);
    CHECK(parse_deadline(" +30m ")->after_slot == 30min);
    CHECK(parse_deadline("06:30")->time_of_day == 390min);
    for (const auto* wrong : {"", "3h", "+", "+0", "+-3h", "24:00", "12:60", "6:30", "1x:00", "12-00"}) {
        const auto read = parse_deadline(wrong);
        REQUIRE_FALSE(read);
        CHECK(read.error().message.find("+3h") != std::string::npos);
    }
}
