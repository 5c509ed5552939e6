// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "service/operation.h"

namespace mf {

/// Sets activated_at, next_slot, next_launch and fault of a run template as they have to be from now on. A run template
/// that cannot or shall not be planned gets none; when that is a mistake, or somebody switched the application or the
/// company off, fault says so. Pure.
struct PlanningFacts {
    bool application_enabled = true;
    bool company_enabled = true;
    Zone server_zone;
    Timestamp now{};
    std::optional<Pause> pause = {};  ///< of the company: slots go on, but nothing is launched before its end
};
void plan_from_now(RunTemplate& run_template, const PlanningFacts& facts);

/// Plans every run template of a query anew and withdraws what the old plan has queued; of those that are switched off,
/// or whose application or company is, everything that waits. Wakes the server.
void replan(Call& call, const ListQuery& which);

/// Lets the plans of a company wait for the end of its pause, or go on, when there is none any more; slots that were
/// passed meanwhile are missed ones, for which the run template says what happens (catch_up).
void hold_plans(Call& call, const Company& company);

/// Do the two agree in what decides when and where it runs? A change of anything else leaves the plan and the queue
/// alone.
bool same_plan(const RunTemplate& a, const RunTemplate& b);

/// Retires every run template of a query: withdrawn from the schedule, hidden, their jobs kept, their secrets
/// forgotten.
void retire_run_templates(Call& call, const ListQuery& which);

}  // namespace mf
