// SPDX-License-Identifier: MIT
#pragma once

#include "domain/run_template.h"
#include "store/records.h"

namespace mf {

/// Whose turn it is among the jobs of one run template that must not run beside each other: `job.exclusive` names the
/// run template while one of them runs, `schedule.waiting` sets the others aside. For the statements of a job's life.

bool runs_alone(const RunTemplate& run_template);
bool is_occupied(Session& session, Id<RunTemplate> run_template);
/// The same for a transaction that sets a job aside when it is so: the job that runs does not end before that
/// transaction does. So either its end sees who waits for it, or this sees that it has ended.
bool hold_occupied(Session& session, Id<RunTemplate> run_template);
/// Runs a statement that sets job.exclusive. Another session may do so at the same moment; that is told as
/// DatabaseError busy: in the next attempt the run template is occupied.
std::int64_t take_turn(Session& session, std::string_view sql, std::initializer_list<Value> parameters);

/// The job that ran alone has ended: the oldest of those that were set aside may be claimed.
void release_next_waiting(Session& session, std::int64_t run_template);
/// Called after a job has left the queue or its run: whoever waits for it must not wait for ever.
void let_next_go(Session& session, Id<RunTemplate> run_template);

}  // namespace mf
