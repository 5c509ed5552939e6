// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// How an executor takes jobs from the queue. Guarded statements, see job_queue.h.
///
/// Each claim of a job has a number, its fence, and so has each taking over of it. Whatever an executor writes about a
/// job names the number that it was given, and counts only as long as the job is unfinished and the number is the last
/// one: who was declared dead, or whose job somebody else has, changes nothing any more.

/// A job that was claimed, with what its execution needs of its run template.
struct ClaimedJob {
    Job job;
    RunTemplate run_template;
    std::optional<std::string> sealed_override;
    /// Of the node when it claimed the job (NodeIdentity): with another one it may have lost it. 0: there is no lease.
    std::int64_t incarnation = 0;
};

/// Takes due jobs for a node, at most `most`, of those whose run templates ask for no label that the node lacks.
/// Companies and applications get no more than their limits, over all nodes; companies share the slots as FairShare
/// says, each with its oldest jobs first. A job that must not run beside another one of its run template is set aside
/// (waiting) and comes back when that one ends.
std::vector<ClaimedJob> claim_due(Session& session, std::string_view node, Timestamp now, int most,
                                  const TextList& labels = {});

/// Puts a claimed job that was not started back into the queue. False: it is not claimed with this fence (any more).
bool give_back(Session& session, const Job& job);

/// Puts a claimed job back into the queue, not to be claimed before `until`, because of what the sentence says.
enum class Deferral {
    deferred,
    over,     ///< its window ends before: nothing was changed. The window of a planned job is that of its task
    not_ours  ///< it is not claimed with this fence (any more)
};
/// `patience`: how long after its time a job without a task may start.
Deferral defer(Session& session, const Job& job, Timestamp until, std::chrono::milliseconds patience,
               std::string_view reason);

/// When the next job that is not set aside comes due; none for an empty queue.
std::optional<Timestamp> next_due(Session& session);

/// The same of jobs that are not due yet: others may wait for another node, or for a limit.
std::optional<Timestamp> next_due_after(Session& session, Timestamp now);

/// Jobs that a node has claimed or started and not ended.
std::vector<Job> unfinished_jobs(Session& session, std::string_view node);

/// Their numbers and fences.
std::unordered_map<std::int64_t, std::int64_t> fences_of(Session& session, std::string_view node);

/// Unfinished jobs for a server that has just taken the name of the node: they are its own now, with new fences, and
/// what the server before it may still write about them counts no more.
std::vector<Job> take_over_jobs(Session& session, std::string_view node);

/// Running or claimed jobs of a node that somebody asked to end.
std::vector<Id<Job>> cancel_requests(Session& session, std::string_view node);

}  // namespace mf
