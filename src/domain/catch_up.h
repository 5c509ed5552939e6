// SPDX-License-Identifier: MIT
#pragma once

#include "domain/schedule_rule.h"

#include <vector>

namespace mf {

/// A slot that is to become a job.
struct PlannedSlot {
    Timestamp slot;    ///< what identifies it: the UTC instant that the schedule names
    Timestamp launch;  ///< slot with delay and jitter
    bool operator==(const PlannedSlot&) const = default;
};

/// What is known when a run template is planned.
struct PlanningState {
    /// The slot that the last planning said comes next. None: planning begins after activated_at (just activated, or
    /// its rule changed: then activated_at is to be the moment of that change).
    std::optional<Timestamp> planned_slot;
    Timestamp activated_at;  ///< no slot up to this moment ever becomes a job
    Timestamp now;
    CatchUp catch_up = CatchUp::last;
    std::int64_t catch_up_limit = 10;  ///< for CatchUp::all: 1 to 1000; values outside are taken as the nearest
};

/// What to do now.
struct SlotPlan {
    std::vector<PlannedSlot> create;  ///< in order; their launches are due
    std::int64_t skipped = 0;         ///< slots that passed and get no job
    std::optional<Timestamp> first_skipped, last_skipped;
    /// The slot to store and to wait for; its launch is in the future. None: there will never be another one.
    std::optional<PlannedSlot> next;
};

/// CatchUp::none drops a slot only when a later one is already due, or when its launch is later than this; so a restart
/// or a busy machine costs no run.
constexpr std::chrono::minutes on_time_tolerance{5};

/// Which slots become jobs now. A slot is due when its launch is not after now. Of the due ones
///   none  makes the latest, unless it is later than on_time_tolerance,
///   last  makes the latest, however late,
///   all   makes the latest catch_up_limit ones;
/// the others are counted as skipped. A planned slot is taken as it was stored, even if the schedule would not name it
/// any more (the rules of a zone may change on disk); nothing before it is looked at. So a clock that is put back makes
/// no slot twice and one that is put forward loses none beyond the policy. Time does not depend on how long the pause
/// was.
SlotPlan plan_slots(const Schedule& schedule, const PlanningState& state);

/// The latest of the slots that a plan skips, at most so many, oldest first.
std::vector<Timestamp> latest_skipped(const Schedule& schedule, const SlotPlan& plan, std::int64_t most);

}  // namespace mf
