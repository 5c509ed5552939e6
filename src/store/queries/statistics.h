// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// Jobs are counted by company and hour when they are made and when they end, so that totals and rates are read in
/// time proportional to the hours asked for, not to the history.

void count_created(Session& session, Id<Company> company, Timestamp now);
/// So many that ended in an hour, see hour_of().
void count_ended(Session& session, Id<Company> company, JobOutcome outcome, std::int64_t hour, std::int64_t number = 1);
/// Hours since 1970, UTC.
std::int64_t hour_of(Timestamp moment);

/// Somebody removed a job; an ended one is no longer counted.
void count_removed(Session& session, const Job& job, Timestamp now);

/// Turns an offset into the list of all jobs into a key where that gives the same page: on SQLite, while nobody ever
/// removed a job, their numbers have no gaps. Otherwise the query stays as it is.
void skip_by_key(Session& session, const Scope& scope, ListQuery& query);

struct JobStatistics {
    std::int64_t total = 0, succeeded = 0, failed = 0;         ///< of all times
    std::int64_t withdrawn = 0;                                ///< cancelled before they started
    std::int64_t last_month = 0, last_week = 0, last_day = 0;  ///< made in the last 30 days, 7 days, 24 hours
    std::int64_t this_hour = 0;                                ///< made since the clock struck the hour
    std::int64_t unfinished() const { return total - succeeded - failed - withdrawn; }
};
JobStatistics job_statistics(Session& session, const Scope& scope, Timestamp now);

/// What `status` and `queue overview` tell of the queue.
struct QueueStatistics {
    std::int64_t total = 0, overdue = 0, today = 0, tomorrow = 0, this_week = 0, this_month = 0;
    std::int64_t applications = 0, companies = 0, run_templates = 0;
};
/// The ends of today, tomorrow, this week and this month in the zone of the one who asks.
struct CalendarEnds {
    Timestamp today{}, tomorrow{}, week{}, month{};
};
QueueStatistics queue_statistics(Session& session, const Scope& scope, Timestamp now, const CalendarEnds& ends);

}  // namespace mf
