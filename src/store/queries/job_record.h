// SPDX-License-Identifier: MIT
#pragma once

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
/// An element is false when the job is not claimed, or not with this fence (any more); of that one nothing was changed.
std::vector<bool> record_starts(Session& session, std::span<const JobStart> starts);
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
/// Closes jobs with their artifacts and counters, lets the next waiting jobs of their run templates go, and gives their
/// tasks an outcome or the next attempt (domain/retry.h), and notes which event rules fire (event_firing.h). An element
/// is false when the job had ended already, or somebody else has it; of that one nothing was changed.
std::vector<bool> record_ends(Session& session, std::vector<JobEnd> ends);
bool record_end(Session& session, const JobEnd& end);

}  // namespace mf
