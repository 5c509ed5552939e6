// SPDX-License-Identifier: MIT
#include "domain/catch_up.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

const Timestamp noon = sys_days{2026y / 6 / 1} + 12h;  // a Monday

Schedule hourly(seconds delay = 0s) {
    return *Schedule::compile({.interval = Interval::hourly, .zone = Zone::utc(), .delay = delay});
}

/// "slots; skipped n first-last; next", hours of the day only.
std::string story(const SlotPlan& plan) {
    const auto at = [](Timestamp t) { return format_iso(t, Zone::utc()).substr(11, 5); };
    std::string out;
    for (const auto& slot : plan.create) out += at(slot.slot) + " ";
    if (plan.skipped)
        out += fmt::format("skipped {} {}-{} ", plan.skipped, at(*plan.first_skipped), at(*plan.last_skipped));
    return out + (plan.next ? "next " + at(plan.next->slot) : "never");
}

std::string plan(CatchUp policy, std::optional<Timestamp> planned, Timestamp now, Timestamp activated = noon - 24h,
                 std::int64_t limit = 10) {
    return story(plan_slots(hourly(), {planned, activated, now, policy, limit}));
}

}  // namespace

TEST_CASE("a run template that was just activated waits for its next slot") {
    for (const auto policy : {CatchUp::none, CatchUp::last, CatchUp::all}) {
        CHECK(plan(policy, {}, noon + 30min, noon + 30min) == "next 13:00");
        CHECK(plan(policy, {}, noon, noon) == "next 13:00");
        // It was switched off for a while: the old planned slot is of no interest.
        CHECK(plan(policy, noon - 5h, noon + 30min, noon + 20min) == "next 13:00");
        // Planned a little later than activated, with a slot between.
        CHECK(plan(policy, {}, noon + 2s, noon - 1s) == "12:00 next 13:00");
    }
}

TEST_CASE("a slot on time makes its job, whatever the policy") {
    for (const auto policy : {CatchUp::none, CatchUp::last, CatchUp::all}) {
        CHECK(plan(policy, noon, noon - 1ms) == "next 12:00");
        CHECK(plan(policy, noon, noon) == "12:00 next 13:00");
        CHECK(plan(policy, noon, noon + 4s) == "12:00 next 13:00");
        CHECK(plan(policy, noon, noon + on_time_tolerance) == "12:00 next 13:00");
    }
}

TEST_CASE("what passed during a pause") {
    const auto later = noon + 4h + 30min;
    CHECK(plan(CatchUp::none, noon, later) == "skipped 5 12:00-16:00 next 17:00");
    CHECK(plan(CatchUp::last, noon, later) == "16:00 skipped 4 12:00-15:00 next 17:00");
    CHECK(plan(CatchUp::all, noon, later) == "12:00 13:00 14:00 15:00 16:00 next 17:00");
    CHECK(plan(CatchUp::all, noon, later, noon - 24h, 2) == "15:00 16:00 skipped 3 12:00-14:00 next 17:00");
    CHECK(plan(CatchUp::all, noon, later, noon - 24h, 0) == "16:00 skipped 4 12:00-15:00 next 17:00");
    CHECK(plan(CatchUp::none, noon, noon + 6min) == "skipped 1 12:00-12:00 next 13:00");
    CHECK(plan(CatchUp::none, noon, noon + 1h + 2s) == "13:00 skipped 1 12:00-12:00 next 14:00");
    CHECK(plan(CatchUp::last, noon, later, noon + 1h) == "16:00 skipped 2 14:00-15:00 next 17:00");
}

TEST_CASE("the clock is put back and forward") {
    // The slot of noon was made, 13:00 is planned; then the clock shows 11:30 again.
    CHECK(plan(CatchUp::all, noon + 1h, noon - 30min) == "next 13:00");
    CHECK(plan(CatchUp::all, noon + 1h, noon) == "next 13:00");
    CHECK(plan(CatchUp::all, noon + 1h, noon + 2h) == "13:00 14:00 next 15:00");
}

TEST_CASE("a slot is due when its launch is") {
    const auto schedule = hourly(90min);
    auto result = plan_slots(schedule, {noon, noon - 24h, noon + 90min - 1ms, CatchUp::last});
    CHECK(story(result) == "next 12:00");
    CHECK(result.next->launch == noon + 90min);
    result = plan_slots(schedule, {noon, noon - 24h, noon + 90min, CatchUp::last});
    CHECK(story(result) == "12:00 next 13:00");
    CHECK(result.create[0].launch == noon + 90min);
}

TEST_CASE("a planned slot that the schedule does not name any more still counts") {
    CHECK(plan(CatchUp::all, noon + 10min, noon + 9min) == "next 12:10");
    CHECK(plan(CatchUp::all, noon + 10min, noon + 2h) == "12:10 13:00 14:00 next 15:00");
    CHECK(plan(CatchUp::last, noon + 10min, noon + 30min) == "12:10 next 13:00");
    CHECK(plan(CatchUp::last, noon + 10min, noon + 2h) == "14:00 skipped 2 12:10-13:00 next 15:00");
}

TEST_CASE("what never runs makes nothing") {
    const auto disabled = *Schedule::compile({});
    const auto impossible = *Schedule::compile({.interval = Interval::custom, .cron = "0 0 31 2 *"});
    for (const auto& schedule : {disabled, impossible}) {
        const auto result = plan_slots(schedule, {noon, noon - 24h, noon + 24h, CatchUp::all});
        CHECK(story(result) == "never");
    }
}

TEST_CASE("ten years of missed minutes are counted, not made") {
    const auto schedule = *Schedule::compile({.interval = Interval::minutely, .zone = *Zone::named("Europe/Prague")});
    const auto result = plan_slots(schedule, {noon, noon - 24h, noon + days{3650}, CatchUp::all, 1'000'000});
    CHECK(result.create.size() == 1000);
    CHECK(result.skipped == 3650 * 1440 + 1 - 1000);
    CHECK(result.last_skipped == result.create[0].slot - 1min);
}

TEST_CASE("whatever the clock does, no slot is made twice and none is lost silently") {
    CHECK(rc::check("created and skipped slots are the slots of the schedule, each once", [] {
        const auto expression = *rc::gen::element("0 * * * *", "30 2 * * *", "*/20 * * * *", "0 1-3 * * *");
        const auto zone = *Zone::named(*rc::gen::element("UTC", "Europe/Prague", "Australia/Lord_Howe"));
        const auto schedule = *Schedule::compile({.interval = Interval::custom,
                                                  .cron = expression,
                                                  .zone = zone,
                                                  .delay = seconds{*rc::gen::element(0, 90, 7200)}});
        const Timestamp activated = sys_days{2026y / 10 / 20} + minutes{*rc::gen::inRange(0, 9 * 1440)};
        PlanningState state{{},
                            activated,
                            activated,
                            *rc::gen::element(CatchUp::none, CatchUp::last, CatchUp::all),
                            *rc::gen::inRange<std::int64_t>(1, 20)};
        std::set<Timestamp> created;
        std::int64_t skipped = 0;
        Timestamp latest = activated;
        for (const int step : *rc::gen::container<std::vector<int>>(20, rc::gen::inRange(-3 * 3600, 12 * 3600))) {
            state.now += seconds{step};
            latest = std::max(latest, state.now);
            const auto result = plan_slots(schedule, state);
            for (const auto& slot : result.create) {
                RC_ASSERT(created.insert(slot.slot).second);
                RC_ASSERT(slot.slot > activated);
                RC_ASSERT(slot.launch <= state.now);
            }
            skipped += result.skipped;
            RC_ASSERT(result.next.has_value());
            RC_ASSERT(result.next->launch > state.now);
            RC_ASSERT((!state.planned_slot || result.next->slot >= *state.planned_slot));
            if (state.catch_up == CatchUp::last && result.skipped) RC_ASSERT(result.create.size() == 1u);
            state.planned_slot = result.next->slot;
        }
        const auto due = schedule.count_slots(activated, schedule.slot_limit_of(latest));
        RC_ASSERT(static_cast<std::int64_t>(created.size()) + skipped == due);
    }));
}

TEST_CASE("the latest skipped slots are named, however many there were") {
    const auto skipped = [](CatchUp policy, Timestamp planned, Timestamp now, std::int64_t most) {
        const auto schedule = hourly();
        const auto plan = plan_slots(schedule, {planned, noon - 24h, now, policy, 2});
        std::string out;
        for (const auto slot : latest_skipped(schedule, plan, most))
            out += format_iso(slot, Zone::utc()).substr(11, 5) + " ";
        return out;
    };
    const auto later = noon + 4h + 30min;
    CHECK(skipped(CatchUp::last, noon, noon, 100) == "");
    CHECK(skipped(CatchUp::last, noon, later, 100) == "12:00 13:00 14:00 15:00 ");
    CHECK(skipped(CatchUp::last, noon, later, 2) == "14:00 15:00 ");
    CHECK(skipped(CatchUp::last, noon, later, 0) == "");
    CHECK(skipped(CatchUp::none, noon, later, 2) == "15:00 16:00 ");
    CHECK(skipped(CatchUp::all, noon, later, 100) == "12:00 13:00 14:00 ");
    CHECK(skipped(CatchUp::none, noon, noon + 6min, 100) == "12:00 ");
    // The stored slot is none of the schedule any more.
    CHECK(skipped(CatchUp::last, noon + 10min, later, 100) == "12:10 13:00 14:00 15:00 ");
    CHECK(skipped(CatchUp::last, noon, noon + 24h * 30, 100).size() == 600);
}
