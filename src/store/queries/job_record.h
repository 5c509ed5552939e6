// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// What an executor tells of a job that it has claimed. Guarded statements, see job_queue.h.

struct JobStart {
    Id<Job> job;
    std::int64_t fence = 0;  ///< of the claim, see job_claim.h
    Timestamp begin{};
    std::optional<std::int64_t> pid;  ///< none: it could not be started
    std::string handle;
    std::string command;      ///< for people, secrets masked
    std::string environment;  ///< JSON for job_environment, secrets masked
};
/// False: the job is not claimed, or not with this fence (any more); nothing was changed.
bool record_start(Session& session, const JobStart& start);

struct JobEnd {
    Id<Job> job;
    std::int64_t fence = 0;  ///< of the claim
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
/// Closes the job with its artifacts and counters, lets the next waiting job of its run template go, and gives its task
/// an outcome or its next attempt (domain/retry.h). False: the job had ended already, or
/// somebody else has it; nothing was changed.
bool record_end(Session& session, const JobEnd& end, const Zone&);

}  // namespace mf
