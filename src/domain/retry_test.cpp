// SPDX-License-Identifier: MIT
#include "domain/retry.h"

#include "base/time_text.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

Timestamp at(std::string_view text) { return *parse_time(text, Timestamp{}, Zone::utc()); }

RunTemplate three_attempts() {
    RunTemplate out;
    out.interv = "h";
    out.max_attempts = 3;
    out.retry_min_gap = 60;
    return out;
}

EndedAttempt failed(std::int64_t number = 1) {
    return {.number = number, .slot = at("2026-03-02 02:00"), .end = at("2026-03-02 02:10")};
}

std::chrono::milliseconds gap(RetryBackoff backoff, std::int64_t attempts) {
    auto run_template = three_attempts();
    run_template.max_attempts = 1000;
    run_template.retry_backoff = backoff;
    return next_attempt(run_template, failed(attempts), Zone::utc()).value() - failed().end;
}

}  // namespace

TEST_CASE("failed, timed out and lost runs are tried again; others are not") {
    for (const auto state : {JobState::failed, JobState::timed_out, JobState::lost}) {
        auto ended = failed();
        ended.state = state;
        CHECK(next_attempt(three_attempts(), ended, Zone::utc()) == ended.end + 60s);
    }
    for (const auto state : {JobState::succeeded, JobState::cancelled, JobState::blocked, JobState::running}) {
        auto ended = failed();
        ended.state = state;
        CHECK_FALSE(next_attempt(three_attempts(), ended, Zone::utc()));
    }
}

TEST_CASE("there are as many attempts as the run template allows") {
    CHECK(next_attempt(three_attempts(), failed(2), Zone::utc()));
    CHECK_FALSE(next_attempt(three_attempts(), failed(3), Zone::utc()));
    CHECK_FALSE(next_attempt(RunTemplate{}, failed(1), Zone::utc()));
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
    CHECK_FALSE(next_attempt(three_attempts(), ended, Zone::utc()));
    ended.may_retry = true;
    CHECK(next_attempt(three_attempts(), ended, Zone::utc()));
}

TEST_CASE("inactive and retired run templates are not tried again") {
    auto inactive = three_attempts();
    inactive.active = false;
    CHECK_FALSE(next_attempt(inactive, failed(), Zone::utc()));
    auto retired = three_attempts();
    retired.live.reset();
    CHECK_FALSE(next_attempt(retired, failed(), Zone::utc()));
}

TEST_CASE("an attempt may start at the deadline, not after it") {
    auto run_template = three_attempts();
    const auto allowed = [&](std::string deadline) {
        run_template.deadline_offset = std::move(deadline);
        return next_attempt(run_template, failed(), Zone::utc()).has_value();
    };
    CHECK(allowed("+11m"));
    CHECK_FALSE(allowed("+10m"));
    CHECK(allowed("+3h"));
    CHECK(allowed("02:11"));
    CHECK_FALSE(allowed("02:10"));
    CHECK_FALSE(allowed("00:30"));
    CHECK(allowed(""));
    CHECK_FALSE(allowed("soon"));
}

TEST_CASE("a time of day is meant in the zone of the run template, else of the server") {
    auto run_template = three_attempts();
    run_template.deadline_offset = "03:30";
    CHECK(next_attempt(run_template, failed(), Zone::utc()));
    const auto prague = Zone::named("Europe/Prague");
    REQUIRE(prague);
    // 02:10 UTC is 03:10 in Prague.
    CHECK(next_attempt(run_template, failed(), *prague));
    run_template.deadline_offset = "03:05";
    CHECK_FALSE(next_attempt(run_template, failed(), *prague));
    run_template.zone = "UTC";
    CHECK(next_attempt(run_template, failed(), *prague));
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
