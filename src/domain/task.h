// SPDX-License-Identifier: MIT
#pragma once

#include "domain/run_template.h"

namespace mf {

class Schedule;

/// How an expected run stands. open and running last until the outcome; the others are outcomes.
enum class TaskState {
    open,            ///< a job of it waits in the queue: its first attempt, or a further one
    running,         ///< an attempt has been started
    fulfilled,       ///< an attempt succeeded up to the deadline
    fulfilled_late,  ///< an attempt succeeded after the deadline, and the run template allows that
    failed,          ///< every attempt failed, or the success came too late
    missed           ///< nothing was attempted
};
constexpr auto names_of(TaskState) {
    return std::to_array<std::string_view>({"open", "running", "fulfilled", "fulfilled_late", "failed", "missed"});
}
constexpr bool has_outcome(TaskState state) { return state >= TaskState::fulfilled; }

/// The time that one slot of a schedule stands for. It is fixed when the slot comes due: later changes of the run
/// template count for later windows.
struct TaskWindow {
    Timestamp start;     ///< the slot, before delay and jitter
    Timestamp end;       ///< the next slot of the schedule, which has a window of its own
    Timestamp deadline;  ///< a success after this is late; may lie before the start, then every success is
    bool operator==(const TaskWindow&) const = default;
};

/// The window of a slot, whatever the interval. The deadline is the end of the window unless the run template names
/// another one; a stored deadline that cannot be read counts as passed. Source: semantics h.3.
TaskWindow window_of(const Schedule& schedule, const RunTemplate& run_template, Timestamp slot);

/// One expected run: what a run template was to do in one window, and what came of it.
struct Task {
    Id<Task> id;
    Id<RunTemplate> runtemplate_id;
    Id<Company> company_id;
    Timestamp window_start{};
    Timestamp window_end{};
    Timestamp deadline{};
    TaskState state = TaskState::open;
    std::optional<std::int64_t> fulfilled_by_job_id;
    std::optional<Timestamp> fulfilled_at;  ///< end of that job
    std::int64_t attempts = 0;              ///< how many have failed
    std::optional<std::string> cause;       ///< of failed and missed: why, in sentences
    Timestamp created_at{};

    TaskWindow window() const { return {window_start, window_end, deadline}; }
};
template <>
const Entity& entity_of<Task>();

}  // namespace mf
