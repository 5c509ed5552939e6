// SPDX-License-Identifier: MIT
#include "domain/schedule_rule.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <set>

using namespace mf;
using testing::prague;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

Schedule schedule(const ScheduleRule& rule) {
    const auto compiled = Schedule::compile(rule);
    REQUIRE_MESSAGE(compiled, compiled.error().message);
    return *compiled;
}

Schedule schedule(Interval interval, std::string_view anchor = "", const Zone& zone = prague) {
    ScheduleRule rule{.interval = interval, .zone = zone};
    if (!anchor.empty()) rule.anchor = *parse_anchor(anchor);
    return schedule(rule);
}

std::string slots(const Schedule& schedule, Timestamp after, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        after = *schedule.next_slot(after);
        out += (i ? " " : "") + format_iso(after, schedule.zone()).substr(2);
    }
    return out;
}

}  // namespace

TEST_CASE("an interval without an anchor runs at the start of its period") {
    const Timestamp from = sys_days{2026y / 7 / 30} + 12h;  // a Thursday
    CHECK(slots(schedule(Interval::minutely), from, 1) == "26-07-30T14:01:00+02:00");
    CHECK(slots(schedule(Interval::hourly), from, 1) == "26-07-30T15:00:00+02:00");
    CHECK(slots(schedule(Interval::daily), from, 1) == "26-07-31T00:00:00+02:00");
    CHECK(slots(schedule(Interval::weekly), from, 1) == "26-08-03T00:00:00+02:00");
    CHECK(slots(schedule(Interval::monthly), from, 1) == "26-08-01T00:00:00+02:00");
    CHECK(slots(schedule(Interval::yearly), from, 1) == "27-01-01T00:00:00+01:00");
    CHECK_FALSE(schedule(Interval::disabled).ever_runs());
    CHECK(!schedule(Interval::disabled).next_slot(from));
    CHECK(schedule(Interval::disabled).describe() == "Only when somebody asks.");
}

TEST_CASE("clock changes: hourly keeps real hours, daily and custom run once") {
    const Timestamp spring = sys_days{2026y / 3 / 28} + 23h, autumn = sys_days{2026y / 10 / 24} + 22h;
    CHECK(slots(schedule(Interval::hourly), spring, 2) == "26-03-29T01:00:00+01:00 26-03-29T03:00:00+02:00");
    CHECK(slots(schedule(Interval::hourly), autumn, 3) ==
          "26-10-25T01:00:00+02:00 26-10-25T02:00:00+02:00 26-10-25T02:00:00+01:00");
    CHECK(slots(schedule(Interval::daily, "02:30"), spring, 2) == "26-03-29T03:00:00+02:00 26-03-30T02:30:00+02:00");
    CHECK(slots(schedule(Interval::daily, "02:30"), autumn, 2) == "26-10-25T02:30:00+02:00 26-10-26T02:30:00+01:00");
    const auto custom = schedule({.interval = Interval::custom, .cron = "15 2 * * sun", .zone = prague});
    CHECK(slots(custom, spring, 2) == "26-03-29T03:00:00+02:00 26-04-05T02:15:00+02:00");
    CHECK(slots(custom, autumn, 2) == "26-10-25T02:15:00+02:00 26-11-01T02:15:00+01:00");
    CHECK(slots(schedule(Interval::daily, "02:00"), sys_days{2060y / 7 / 1}, 1) == "60-07-02T02:00:00+02:00");
}

TEST_CASE("a day that a month does not have is its last day") {
    CHECK(slots(schedule(Interval::monthly, "31 02:00"), sys_days{2028y / 1 / 31} + 2h, 3) ==
          "28-02-29T02:00:00+01:00 28-03-31T02:00:00+02:00 28-04-30T02:00:00+02:00");
    CHECK(slots(schedule(Interval::monthly, "29 02:00"), sys_days{2027y / 2 / 1}, 1) == "27-02-28T02:00:00+01:00");
    CHECK(slots(schedule(Interval::yearly, "02-29 02:00"), sys_days{2027y / 1 / 1}, 2) ==
          "27-02-28T02:00:00+01:00 28-02-29T02:00:00+01:00");
}

TEST_CASE("a launch is the slot with its delay and a jitter that never changes") {
    const Timestamp slot = sys_days{2026y / 1 / 1};
    CHECK(schedule({.interval = Interval::daily, .delay = 2h}).launch_of(slot) == slot + 2h);
    // Written down: other machines and later versions must find the same.
    CHECK(scattered(0) == 0xe220a8397b1dcdafu);
    CHECK(scattered(42) == 0xbdd732262feb6e95u);
    CHECK(schedule({.interval = Interval::daily, .jitter = 10min, .jitter_seed = 42}).launch_of(slot) ==
          slot + seconds{0xbdd732262feb6e95u % 601});
    std::set<Timestamp> seen;
    for (std::int64_t id = 1; id <= 1000; ++id) {
        const auto one = schedule({.interval = Interval::daily, .delay = 1h, .jitter = 3s, .jitter_seed = id});
        CHECK(one.slot_limit_of(one.launch_of(slot)) == slot);
        seen.insert(one.launch_of(slot));
    }
    CHECK(seen == std::set<Timestamp>{slot + 1h, slot + 1h + 1s, slot + 1h + 2s, slot + 1h + 3s});
}

TEST_CASE("a wrong rule is refused with the field that is wrong") {
    const auto field = [](const ScheduleRule& rule) {
        const auto compiled = Schedule::compile(rule);
        return compiled ? "none" : compiled.error().fields.at(0).field;
    };
    CHECK(field({.interval = Interval::custom}) == "cron");
    CHECK(field({.interval = Interval::custom, .cron = "61 * * * *"}) == "cron");
    CHECK(field({.interval = Interval::daily, .cron = "0 2 * * *"}) == "cron");
    CHECK(field({.interval = Interval::custom, .cron = "0 2 * * *", .anchor = Anchor{}}) == "anchor");
    CHECK(field({.interval = Interval::minutely, .anchor = Anchor{}}) == "anchor");
    CHECK(field({.interval = Interval::daily, .delay = -1s}) == "delay");
    CHECK(field({.interval = Interval::daily, .jitter = hours{24 * 367}}) == "jitter");
    CHECK(field({.interval = Interval::custom, .cron = "0 0 31 2 *"}) == "none");
    CHECK_FALSE(schedule({.interval = Interval::custom, .cron = "0 0 31 2 *"}).ever_runs());
}

TEST_CASE("the rule of a run template") {
    RunTemplate given;
    given.id.value = 7;
    given.interv = "d";
    given.anchor = "02:00";
    given.delay = 60;
    given.cron = "old expression";
    CHECK(slots(*schedule_of(given, prague), sys_days{2026y / 7 / 1} - 1h, 1) == "26-07-01T02:00:00+02:00");
    CHECK(schedule_of(given, prague)->launch_of({}) == Timestamp{60s});
    given.interv = "n";
    CHECK_FALSE(schedule_of(given, prague)->ever_runs());
    given.interv = "d";
    given.zone = "Asia/Tokyo";
    CHECK(slots(*schedule_of(given, prague), sys_days{2026y / 7 / 1} - 1h, 1) == "26-07-02T02:00:00+09:00");
    given.interv = "c";
    given.anchor = "";
    CHECK(schedule_of(given, prague).error().fields.at(0).field == "cron");
    given.cron = "*/5 * * * *";
    CHECK(schedule_of(given, prague)->describe() == "Every 5 minutes.");
    given.zone = "Nowhere";
    CHECK(schedule_of(given, prague).error().fields.at(0).field == "zone");
    given.interv = "x";
    CHECK(schedule_of(given, prague).error().fields.at(0).field == "interv");
    given.interv = "d";
    given.zone = "";
    given.anchor = "noon";
    CHECK(schedule_of(given, prague).error().fields.at(0).field == "anchor");
}
