// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// A launch and what people made of it by repeating it: the jobs without a task of which one is the first
/// (Job::retry_of of the others). Those of expected runs belong to their task instead, see task.h.
struct LaunchAttempts {
    std::int64_t last = 0;                ///< number of the latest attempt; 0: there are none
    std::optional<Id<Job>> under_way;     ///< one that has not ended
    std::optional<Id<Job>> succeeded_in;  ///< the first that succeeded
};

/// Until the end of the transaction nobody else asks this of the same launch, so that one attempt only follows. Looks
/// at the jobs that the run template has had since; an attempt that was given to another one is none of this launch.
LaunchAttempts attempts_of_launch(Session& session, Id<RunTemplate> run_template, Id<Job> first);

}  // namespace mf
