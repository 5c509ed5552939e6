// SPDX-License-Identifier: MIT
#include "domain/task.h"

#include "base/time_text.h"
#include "domain/schedule_rule.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using testing::at;
using namespace std::chrono_literals;

namespace {

TaskWindow window_at(const RunTemplate& run_template, std::string_view slot, std::string_view server_zone = "UTC") {
    const auto schedule = schedule_of(run_template, *Zone::named(server_zone));
    REQUIRE(schedule);
    return window_of(*schedule, run_template, at(slot));
}

RunTemplate every(std::string_view interval, std::string_view cron = "") {
    RunTemplate out;
    out.interv = interval;
    out.cron = cron;
    return out;
}

}  // namespace

TEST_CASE("a window lasts until the next slot, whatever the interval") {
    CHECK(window_at(every("i"), "2026-03-02 02:00").end == at("2026-03-02 02:01"));
    CHECK(window_at(every("h"), "2026-03-02 02:00").end == at("2026-03-02 03:00"));
    CHECK(window_at(every("d"), "2026-03-02 00:00").end == at("2026-03-03 00:00"));
    CHECK(window_at(every("w"), "2026-03-02 00:00").end == at("2026-03-09 00:00"));
    CHECK(window_at(every("m"), "2026-02-01 00:00").end == at("2026-03-01 00:00"));
    CHECK(window_at(every("y"), "2026-01-01 00:00").end == at("2027-01-01 00:00"));
    CHECK(window_at(every("c", "0 8,20 * * 1-5"), "2026-03-06 08:00").end == at("2026-03-06 20:00"));
    CHECK(window_at(every("c", "0 8,20 * * 1-5"), "2026-03-06 20:00").end == at("2026-03-09 08:00"));
}

TEST_CASE("delay and jitter move the start of a job, not its window") {
    auto r = every("h");
    r.delay = 600;
    r.jitter = 600;
    const auto w = window_at(r, "2026-03-02 02:00");
    CHECK(w == TaskWindow{at("2026-03-02 02:00"), at("2026-03-02 03:00"), at("2026-03-02 03:00")});
}

TEST_CASE("a deadline is the end of the window, a while after the slot, or a time of its day") {
    auto r = every("d");
    const auto deadline = [&](std::optional<std::string> text) {
        r.deadline_offset = std::move(text);
        return window_at(r, "2026-03-02 00:00").deadline;
    };
    CHECK(deadline({}) == at("2026-03-03 00:00"));
    CHECK(deadline("") == at("2026-03-03 00:00"));
    CHECK(deadline("+3h") == at("2026-03-02 03:00"));
    CHECK(deadline("+3 days") == at("2026-03-05 00:00"));
    CHECK(deadline("06:30") == at("2026-03-02 06:30"));
    r.anchor = "10:00";
    r.deadline_offset = "06:30";
    CHECK(window_at(r, "2026-03-02 10:00").deadline == at("2026-03-02 06:30"));
    // Better a run that does not count than one too late: what cannot be read has passed.
    CHECK(deadline("soon") == at("2026-03-02 00:00"));
}

TEST_CASE("a time of day is meant in the zone of the run template, else of the server") {
    auto r = every("h");
    r.deadline_offset = "03:30";
    CHECK(window_at(r, "2026-03-02 02:00").deadline == at("2026-03-02 03:30"));
    // 02:00 UTC is 03:00 in Prague.
    CHECK(window_at(r, "2026-03-02 02:00", "Europe/Prague").deadline == at("2026-03-02 02:30"));
    r.zone = "UTC";
    CHECK(window_at(r, "2026-03-02 02:00", "Europe/Prague").deadline == at("2026-03-02 03:30"));
}

TEST_CASE("windows of days with a clock change are as long as those days") {
    auto r = every("d");
    r.zone = "Europe/Prague";
    const auto spring = window_at(r, "2026-03-28 23:00");
    CHECK(spring.end - spring.start == 23h);
    const auto autumn = window_at(r, "2026-10-24 22:00");
    CHECK(autumn.end - autumn.start == 25h);
    r.deadline_offset = "+24h";
    CHECK(window_at(r, "2026-03-28 23:00").deadline == at("2026-03-29 23:00"));
    // 02:30 does not exist on that day and means the end of the gap; in autumn it means the first of two.
    r.deadline_offset = "02:30";
    CHECK(window_at(r, "2026-03-28 23:00").deadline == at("2026-03-29 01:00"));
    CHECK(window_at(r, "2026-10-24 22:00").deadline == at("2026-10-25 00:30"));
}

TEST_CASE("windows of a schedule lie side by side: no moment is in two, none in none") {
    CHECK(rc::check([] {
        auto r = every("c", *rc::gen::element("*/7 * * * *", "30 2 * * *", "0 0 1 * *", "15 3 * * 1", "0 */2 * * *"));
        r.zone = *rc::gen::element("Europe/Prague", "America/New_York", "Australia/Lord_Howe", "UTC");
        const auto schedule = schedule_of(r, Zone::utc());
        RC_ASSERT(static_cast<bool>(schedule));
        const auto moment = at("2026-01-01 00:00") + std::chrono::minutes(*rc::gen::inRange(0, 2 * 366 * 1440));
        const auto before = window_of(*schedule, r, *schedule->previous_slot(moment));
        RC_ASSERT(before.start < moment);
        RC_ASSERT(before.end >= moment);
        RC_ASSERT(before.deadline == before.end);
        RC_ASSERT(window_of(*schedule, r, before.end).start == before.end);
        RC_ASSERT(schedule->previous_slot(before.end) == before.start);
    }));
}
