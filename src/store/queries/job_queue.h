// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// The life of jobs as guarded statements: each changes a job only from a state that allows it, so that two programs
/// on one database never both succeed. Called inside a writing transaction.

/// A job to be made; everything that is not derived.
struct NewJob {
    const RunTemplate& run_template;
    Timestamp schedule{};                ///< when it shall start
    std::optional<Timestamp> slot = {};  ///< planned jobs only
    std::string schedule_type;           ///< see Job
    ExecutorKind executor = ExecutorKind::native;
    Id<User> launched_by;
    std::int64_t attempt = 1;
    std::optional<Id<Job>> retry_of = {};                      ///< see Job
    std::function<std::string(Id<Job>)> sealed_override = {};  ///< launch values, sealed for this job; may be empty
};

/// Makes the job and its queue row. conflict: this slot of this run template has its job already.
Result<Job> enqueue(Session& session, Scope scope, const NewJob& request, Timestamp now);

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

struct JobStart {
    Id<Job> job;
    Timestamp begin{};
    std::optional<std::int64_t> pid;  ///< none: it could not be started
    std::string handle;
    std::string command;      ///< for people, secrets masked
    std::string environment;  ///< JSON for job_environment, secrets masked
};
/// False: the job is not claimed (any more); nothing was changed.
bool record_start(Session& session, const JobStart& start);

struct JobEnd {
    Id<Job> job;
    JobState state = JobState::failed;
    Timestamp end{};
    std::optional<std::int64_t> exitcode;
    std::optional<std::string> reason;  ///< none of a cancelled job: the one given with the request stays
    std::string app_version;
    std::int64_t stdout_size = 0;
    std::int64_t stderr_size = 0;
    std::optional<std::int64_t> cpu_ms;
    std::optional<std::int64_t> max_rss_kib;
    std::vector<Artifact> artifacts;  ///< content already in the store, or in the output of the job
    std::string command;              ///< of a job that never started; otherwise empty
    std::string environment;          ///< the same
};
/// Closes the job with its artifacts and counters, lets the next waiting job of its run template go, and queues the
/// next attempt of a planned run that failed (domain/retry.h). The zone of the server is that of run templates without
/// one. False: the job had ended already; nothing was changed.
bool record_end(Session& session, const JobEnd& end, const Zone& server_zone);

/// Asks for the end of a job. A job that waits in the queue is cancelled at once; of a claimed or running one the
/// request is recorded, its executor sees it. not_found, conflict (has ended).
Result<Job> request_cancel(Session& session, Scope scope, Id<Job> id, std::string_view reason, Timestamp now);

/// Running or claimed jobs of a node that somebody asked to end.
std::vector<Id<Job>> cancel_requests(Session& session, std::string_view node);

/// Which jobs of a run template are taken back: those that the schedule planned (with their further attempts), or also
/// those that somebody launched.
enum class Withdraw { planned, all };
/// Cancels jobs of a run template that nobody has claimed yet; returns how many.
std::int64_t withdraw_queued(Session& session, Id<RunTemplate> run_template, Withdraw which, std::string_view reason,
                             Timestamp now);

/// Makes the overlap policy of a run template count for jobs that are there already. parallel: nobody waits any more.
/// The others: what runs goes on; the next waits for the oldest of it.
void apply_overlap(Session& session, const RunTemplate& run_template);

/// Removes a job that nobody runs, with everything it left. not_found, conflict (claimed or running).
Result<Job> erase_job(Session& session, Scope scope, Id<Job> id, Timestamp now);

/// Changes a job that waits in the queue, and its queue row with it. conflict: it does not wait (any more).
Result<void> change_queued(Session& session, Scope scope, const Job& before, const Job& after);

/// Jobs that a node has claimed or started and not ended.
std::vector<Job> unfinished_jobs(Session& session, std::string_view node);

/// Lets jobs go that wait for a job that is no longer there; returns how many. A safety net, not a mechanism.
std::int64_t release_stranded(Session& session, Scope scope);

}  // namespace mf
