// SPDX-License-Identifier: MIT
#pragma once

#include "domain/task.h"
#include "store/records.h"

namespace mf {

/// Outcomes of tasks are counted by company and day (UTC) of the window's start, so that totals are read in time
/// proportional to the days, not to the history.

std::int64_t day_of(Timestamp moment);
/// Adds to a counter, or takes back (-1). The state has to be an outcome.
void count_outcomes(Session& session, Id<Company> company, std::int64_t day, TaskState outcome, std::int64_t number);
void count_outcome(Session& session, Id<Company> company, Timestamp window_start, TaskState outcome,
                   std::int64_t number);

struct TaskStatistics {
    std::int64_t open = 0, running = 0, fulfilled = 0, fulfilled_late = 0, failed = 0, missed = 0;
    std::int64_t total() const { return open + running + fulfilled + fulfilled_late + failed + missed; }
};
/// Of all times. Only tasks without an outcome, of which there are no more than unfinished jobs, are counted one by
/// one.
TaskStatistics task_statistics(Session& session, const Scope& scope);

}  // namespace mf
