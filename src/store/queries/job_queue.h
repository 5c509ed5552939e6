// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "domain/task.h"
#include "store/records.h"

namespace mf {

/// How jobs come into the queue and leave it without having run. Like all statements of a job's life (see also
/// job_claim.h, job_record.h) these are guarded: each changes a job only from a state that allows it, so that two
/// programs on one database never both succeed. Called inside a writing transaction.

/// A job to be made; everything that is not derived.
struct NewJob {
    const RunTemplate& run_template;
    Timestamp schedule{};                   ///< when it shall start
    std::optional<TaskWindow> window = {};  ///< planned jobs only: their slot, whose task is made with them
    std::string schedule_type;              ///< see Job
    ExecutorKind executor = ExecutorKind::native;
    Id<User> launched_by;
    std::int64_t attempt = 1;
    std::optional<Id<Job>> retry_of = {};                      ///< see Job
    std::optional<Id<Task>> task = {};                         ///< of which it is a further attempt
    std::function<std::string(Id<Job>)> sealed_override = {};  ///< launch values, sealed for this job; may be empty
};

/// Makes the job and its queue row, and for a planned job its task. conflict: this slot of this run template has its
/// task already.
Result<Job> enqueue(Session& session, const Scope& scope, const NewJob& request, Timestamp now);

/// Asks for the end of a job. A job that waits in the queue is cancelled at once; of a claimed or running one the
/// request is recorded, its executor sees it. not_found, conflict (has ended).
Result<Job> request_cancel(Session& session, const Scope& scope, Id<Job> id, std::string_view reason, Timestamp now);

/// Which jobs of a run template are taken back: those that the schedule planned (with their further attempts), or also
/// those that somebody launched.
enum class Withdraw { planned, all };
/// Cancels jobs of a run template that nobody has claimed yet; returns how many.
std::int64_t withdraw_queued(Session& session, Id<RunTemplate> run_template, Withdraw which, std::string_view reason,
                             Timestamp now);

/// Makes the overlap policy of a run template count for jobs that are there already. parallel: nobody waits any more.
/// The others: what runs goes on; the next waits for the oldest of it.
void apply_overlap(Session& session, const RunTemplate& run_template);

struct ErasedJob {
    Job job;
    bool with_task = false;  ///< it was the last one of its task, which went with it
};
/// Removes a job that nobody runs, with everything it left. not_found, conflict (claimed or running).
Result<ErasedJob> erase_job(Session& session, const Scope& scope, Id<Job> id, Timestamp now);
/// One transaction erases so many, so that a large clean-up holds up nobody.
constexpr std::int64_t most_erased_at_once = 500;

/// Changes a job that waits in the queue, and its queue row with it; `before` is as it was read in this transaction.
/// conflict: it does not wait (any more). DatabaseError busy: somebody has moved it since it was read.
Result<void> change_queued(Session& session, const Scope& scope, const Job& before, const Job& after);

/// Lets jobs go that wait for a job that is no longer there; returns how many. A safety net, not a mechanism.
std::int64_t release_stranded(Session& session, const Scope& scope);

}  // namespace mf
