// SPDX-License-Identifier: MIT
#pragma once

#include "domain/fair_share.h"
#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// Lanes divide the queue into jobs that are alike for whoever wants to take one (domain/fair_share.h), so that a node
/// finds what it may take without looking at jobs that it may not take. `schedule.lane_id` says which one a job is in.
/// Called inside a writing transaction, unless said otherwise.

/// The lane of jobs of this kind; made when it is the first of them.
std::int64_t lane_of(Session& session, Id<Company> company, Id<Application> application, std::string_view runs_on);

/// The lane of a job; its run template says on which nodes it may run.
std::int64_t lane_of(Session& session, const Job& job);

/// Makes the queue row of a job.
Result<void> put_in_queue(Session& session, const Scope& scope, const Job& job, std::int64_t lane);

/// Moves what is queued of a run template to where it belongs, after its labels were changed.
void change_lane(Session& session, const RunTemplate& run_template);

/// Puts every queue row into the lane of its job; returns how many were not in it. A safety net, not a mechanism.
std::int64_t repair_lanes(Session& session, const Scope& scope);

/// Goes through the lanes of the queue, at most 256 of them at a time, so that what a claim costs does not grow with
/// their number. When there are more it begins anywhere, so that each of them gets its turn.
class LaneRound {
public:
    LaneRound(Session& session, Timestamp now) : session_(session), now_(now) {}
    /// The lanes of the next part that have jobs which are due, maybe none; nothing when the round is over.
    std::optional<std::vector<DueLane>> next();

private:
    enum class Part { not_begun, from_somewhere, from_first, over };
    std::vector<DueLane> read();
    std::vector<DueLane> begin();

    Session& session_;
    const Timestamp now_;
    Part part_ = Part::not_begun;
    std::int64_t after_ = 0;  ///< the last lane that was read
    std::int64_t start_ = 0;  ///< the round began behind this lane
};

/// When the oldest job of a lane that is due later than `after` is due; none if that is later than `now`.
std::optional<Timestamp> oldest_after(Session& session, const DueLane& lane, Timestamp after, Timestamp now);

/// Of all nodes.
RunningJobs running_jobs(Session& session);

/// Lets nodes claim one after the other, up to the end of the transaction, where one has to see what the others have
/// claimed: running jobs that are counted because of a limit, and whose turn it is among jobs that run alone. Two nodes
/// that claim such jobs of the same run templates in another order would meet in deadlocks, of which PostgreSQL takes
/// notice after a second. Not needed on SQLite, which has one writer at a time.
void lock_claims(Session& session);

}  // namespace mf
