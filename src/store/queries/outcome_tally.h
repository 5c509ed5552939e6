// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "domain/task.h"
#include "store/records.h"

#include <map>

namespace mf {

/// What the ends of jobs add to the counters of run templates, companies and tasks. All servers add to the same rows,
/// so a transaction adds last, once to each, and in the order of their keys: two of them wait for each other in a
/// circle only when one makes a job, too (a further attempt), which is counted when it is made. Then one of them is
/// repeated.
class OutcomeTally {
public:
    void add_job(Id<RunTemplate> run_template, Id<Company> company, JobOutcome outcome, Timestamp end);
    /// The state has to be an outcome.
    void add_task(Id<Company> company, Timestamp window_start, TaskState outcome);
    void write(Session& session) const;

private:
    struct OfRunTemplate {
        std::int64_t succeeded = 0, failed = 0;
    };
    std::map<std::int64_t, OfRunTemplate> run_templates_;
    std::map<std::tuple<std::int64_t, std::int64_t, JobOutcome>, std::int64_t> jobs_;  // by company and hour
    std::map<std::tuple<std::int64_t, std::int64_t, TaskState>, std::int64_t> tasks_;  // by company and day
};

}  // namespace mf
