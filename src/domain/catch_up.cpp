// SPDX-License-Identifier: MIT
#include "domain/catch_up.h"

#include <algorithm>

namespace mf {
namespace {

std::optional<Timestamp> first_slot(const Schedule& schedule, const PlanningState& state) {
    if (state.planned_slot && *state.planned_slot > state.activated_at) return state.planned_slot;
    return schedule.next_slot(state.activated_at);
}

/// The latest of the due slots that the policy wants, oldest first; `due` of them begin at `first`.
std::vector<Timestamp> wanted_slots(const Schedule& schedule, const PlanningState& state, Timestamp first,
                                    std::int64_t due) {
    const auto limit = schedule.slot_limit_of(state.now);
    const auto wanted =
        state.catch_up == CatchUp::all ? std::clamp<std::int64_t>(state.catch_up_limit, 1, 1000) : std::int64_t{1};
    std::vector<Timestamp> out;
    auto before = limit + std::chrono::milliseconds{1};
    for (auto left = std::min(wanted, due); left > 0; --left) {
        // The first one need not be on the schedule any more; all that come later are.
        const auto slot = due - static_cast<std::int64_t>(out.size()) > 1 ? schedule.previous_slot(before) : first;
        before = slot.value_or(first);
        out.push_back(before);
    }
    std::ranges::reverse(out);
    const bool is_late = state.now - schedule.launch_of(out.back()) > on_time_tolerance;
    if (state.catch_up == CatchUp::none && is_late) out.clear();
    return out;
}

}  // namespace

SlotPlan plan_slots(const Schedule& schedule, const PlanningState& state) {
    SlotPlan out;
    const auto planned = [&](Timestamp slot) { return PlannedSlot{slot, schedule.launch_of(slot)}; };
    if (!schedule.ever_runs()) return out;
    const auto first = first_slot(schedule, state);
    if (!first) return out;
    const auto limit = schedule.slot_limit_of(state.now);
    if (*first > limit) {
        out.next = planned(*first);
        return out;
    }

    const std::int64_t due = 1 + schedule.count_slots(*first, limit);
    const auto wanted = wanted_slots(schedule, state, *first, due);
    for (const auto slot : wanted) out.create.push_back(planned(slot));
    out.skipped = due - static_cast<std::int64_t>(wanted.size());
    if (out.skipped > 0) {
        out.first_skipped = *first;
        const auto before = wanted.empty() ? limit + std::chrono::milliseconds{1} : wanted.front();
        out.last_skipped = out.skipped > 1 ? schedule.previous_slot(before).value_or(*first) : *first;
    }
    if (const auto next = schedule.next_slot(std::max(*first, limit))) out.next = planned(*next);
    return out;
}

std::vector<Timestamp> latest_skipped(const Schedule& schedule, const SlotPlan& plan, std::int64_t most) {
    std::vector<Timestamp> out;
    for (auto slot = plan.last_skipped; slot && std::ssize(out) < std::min(most, plan.skipped);) {
        out.push_back(*slot);
        slot = schedule.previous_slot(*slot);
        // The first one need not be on the schedule any more.
        if (std::ssize(out) + 1 == plan.skipped || (slot && *slot < *plan.first_skipped)) slot = plan.first_skipped;
    }
    std::ranges::reverse(out);
    return out;
}

}  // namespace mf
