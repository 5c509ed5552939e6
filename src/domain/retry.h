// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/job.h"
#include "domain/task.h"

namespace mf {

/// Until when a planned run is of use, as it is written in RunTemplate::deadline_offset: "+3h" after the slot, or
/// "06:30" on the local day of the slot (which may be before the slot; then there is no second attempt).
struct Deadline {
    std::optional<std::chrono::seconds> after_slot;
    std::chrono::minutes time_of_day{};  ///< when there is no after_slot

    Timestamp of(Timestamp slot, const Zone& zone) const;
};
/// The error is a sentence that quotes the text and shows right ones.
Result<Deadline> parse_deadline(std::string_view text);

/// An attempt of a task that has ended.
struct EndedAttempt {
    Id<Job> job;
    JobState state = JobState::failed;
    Timestamp end{};
    std::optional<std::int64_t> exitcode;
    std::optional<std::string> reason;  ///< see Job
    bool has_begun = true;              ///< false: cancelled before it was started, or blocked
    /// What the definition says of its exit code; none: the code is not declared, or the declaration leaves it open.
    std::optional<bool> may_retry;
    bool cancel_requested = false;  ///< somebody wanted it to end; then it is not to begin again
};

/// When the next attempt starts, or a sentence that says why there is none.
struct NextAttempt {
    std::optional<Timestamp> start;
    std::string why_not;
};

/// After `failures` attempts of a task have failed, the last of them as told: there is another one unless that one was
/// cancelled or blocked, was the last one that the run template allows, ended with a code that a repetition does not
/// cure, ended after the window, the run template is inactive, without a schedule now, or retired, or the deadline
/// would pass before it starts. The gap after n failures is g (none, fixed), g·n (linear) or g·2ⁿ (exponential), at
/// most a year. Source: semantics h.3.
NextAttempt next_attempt(const RunTemplate& run_template, const TaskWindow& window, const EndedAttempt& ended,
                         std::int64_t failures);

/// How many of the attempts that a run template allows can start within a window, when the first starts at its launch
/// and each fails at once.
std::int64_t attempts_that_fit(const RunTemplate& run_template, const TaskWindow& window, Timestamp launch);

/// What a task becomes when one of its attempts has ended.
struct TaskChange {
    TaskState state = TaskState::failed;
    std::int64_t attempts = 0;
    std::string cause;                ///< of an outcome that is no success; otherwise empty
    std::optional<Timestamp> launch;  ///< of open: when its next attempt starts
};

/// A success up to the deadline fulfils the task; a later one does if the run template allows it. Everything else is a
/// failed attempt: there is a next one, or the task has failed. Only what was cancelled before it began was no attempt;
/// without others before it the task is missed. No run template: it cannot be read, then nothing is allowed.
TaskChange after_attempt(const Task& task, const RunTemplate* run_template, const EndedAttempt& ended);

/// A text that fits into Task::cause.
std::string as_cause(std::string_view sentences);

}  // namespace mf
