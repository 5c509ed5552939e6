// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/database.h"

namespace mf {

/// How a job is, for those who look on.
struct WatchedJob {
    Id<Job> id;
    Id<Company> company;
    Id<RunTemplate> run_template;
    JobState state = JobState::pending;
    std::optional<std::int64_t> exitcode;
    std::optional<Timestamp> begin, end;
};
/// Of these jobs those that exist, each at the place of its number.
std::map<std::int64_t, WatchedJob> watched_jobs(Session& session, std::vector<std::int64_t> jobs);

}  // namespace mf
