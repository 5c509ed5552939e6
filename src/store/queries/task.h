// SPDX-License-Identifier: MIT
#pragma once

#include "domain/retry.h"
#include "store/queries/outcome_tally.h"

namespace mf {

/// How tasks (domain/task.h) come and change. Guarded like the statements of a job's life (job_queue.h), which call
/// these in the transaction in which the job changes: a task has at most one job that has not ended, and gets an
/// outcome in the transaction in which it loses its last one. Outcomes are counted by company and day (task_count).

/// Makes the open task of a window. conflict: the window has its task already.
Result<Id<Task>> open_task(Session& session, const Scope& scope, const RunTemplate& run_template,
                           const TaskWindow& window, Timestamp now);

/// Makes missed tasks of windows that get no job. Windows that have a task already keep it.
void miss_windows(Session& session, const RunTemplate& run_template, std::span<const TaskWindow> windows,
                  std::string_view cause, Timestamp now);

/// Opens a task that failed or was missed for one more attempt. False: it is not in such a state (any more).
bool reopen_task(Session& session, Id<Task> task);

/// These jobs, which may be attempts, have been started.
void note_attempts_started(Session& session, std::vector<std::int64_t> jobs);

/// An attempt has ended: the outcome of its task, which is to be counted, or the next attempt in the queue.
void note_attempt_ended(Session& session, Id<Task> task, const EndedAttempt& ended, OutcomeTally& tally);

/// The job of a task left the queue without having been claimed.
void note_attempt_withdrawn(Session& session, Id<Task> task, std::string_view cause);

/// Somebody removed an ended job: its task goes with the last of its jobs. True when it did.
bool forget_attempt(Session& session, Id<Task> task, Id<Job> job);

/// Removes tasks that have an outcome and no job, made before a moment, at most so many; returns how many.
std::int64_t forget_tasks_without_jobs(Session& session, const Scope& scope, Timestamp made_before, std::int64_t most);

/// Gives an outcome to tasks whose window has ended and that have no job which could still give them one. Our programs
/// leave none such behind; who changed jobs past them may. Looks at a bounded number of tasks, those behind `after`,
/// and says behind which to go on; none: these were the last. Writes only where something is to be done.
std::optional<Id<Task>> close_abandoned_tasks(Database& database, Id<Task> after, Timestamp now);

}  // namespace mf
