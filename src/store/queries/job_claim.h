// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// How an executor takes jobs from the queue. Guarded statements, see job_queue.h.

/// A job that was claimed, with what its execution needs of its run template.
struct ClaimedJob {
    Job job;
    RunTemplate run_template;
    std::optional<std::string> sealed_override;
};

/// Takes due jobs for a node, oldest first, at most `most`. A job that must not run beside another one of its run
/// template is set aside (waiting) and comes back when that one ends.
std::vector<ClaimedJob> claim_due(Session& session, std::string_view node, Timestamp now, int most);

/// Puts a claimed job that was not started back into the queue.
void give_back(Session& session, const Job& job);

/// When the next job that is not set aside comes due; none for an empty queue.
std::optional<Timestamp> next_due(Session& session);

/// Jobs that a node has claimed or started and not ended.
std::vector<Job> unfinished_jobs(Session& session, std::string_view node);

/// Running or claimed jobs of a node that somebody asked to end.
std::vector<Id<Job>> cancel_requests(Session& session, std::string_view node);

}  // namespace mf
