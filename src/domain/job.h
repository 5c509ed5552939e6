// SPDX-License-Identifier: MIT
#pragma once

#include "domain/run_template.h"

namespace mf {

/// The life of a job. Only the guarded statements of store/queries/job_queue change it.
enum class JobState {
    pending,    ///< has a queue row
    claimed,    ///< an executor took it; the process may not exist yet
    running,    ///< the process exists
    succeeded,  ///< exit code 0
    failed,     ///< any other exit code, or it could not start
    timed_out,  ///< ended by us at its time limit
    cancelled,  ///< ended, or never started, because somebody asked
    blocked,    ///< never started: something it needs is missing, see reason
    lost        ///< the server that ran it died; what it did is not known
};
constexpr auto names_of(JobState) {
    return std::to_array<std::string_view>(
        {"pending", "claimed", "running", "succeeded", "failed", "timed_out", "cancelled", "blocked", "lost"});
}
constexpr bool has_ended(JobState state) { return state >= JobState::succeeded; }

/// How an ended job counts.
enum class JobOutcome {
    succeeded,
    failed,    ///< also what was ended before its time, was blocked or lost: it did not do its work
    withdrawn  ///< cancelled before it started: nobody wanted it any more, so nothing went wrong
};
constexpr JobOutcome outcome_of(JobState state, bool has_begun) {
    if (state == JobState::succeeded) return JobOutcome::succeeded;
    return state == JobState::cancelled && !has_begun ? JobOutcome::withdrawn : JobOutcome::failed;
}

/// What a job ends with that must not run: EX_CONFIG of sysexits.h.
inline constexpr std::int64_t exit_code_of_blocked = 78;
/// Exit code of a job that waited for a credential until the end of its window (EX_TEMPFAIL of sysexits.h).
inline constexpr std::int64_t exit_code_of_unavailable = 75;

struct Task;

struct Job {
    Id<Job> id;
    Id<Application> app_id;
    Id<Company> company_id;
    Id<RunTemplate> runtemplate_id;
    JobState state = JobState::pending;
    std::optional<Timestamp> slot;  ///< planned jobs: the instant of the schedule they stand for
    Timestamp schedule{};           ///< when it was to start
    std::string schedule_type;      ///< hourly … custom, adhoc, adhoc-cli, CommandLine, …
    ExecutorKind executor = ExecutorKind::native;
    Id<User> launched_by;
    std::int64_t attempt = 1;
    /// The first of the jobs of which this is a further attempt; none for an attempt of a task that somebody asked for.
    std::optional<std::int64_t> retry_of;
    std::optional<Id<Task>> task_id;  ///< the expected run that it is an attempt of
    std::optional<Timestamp> begin;
    std::optional<Timestamp> end;
    std::optional<std::int64_t> exitcode;
    std::optional<std::string> reason;  ///< why it was blocked, cancelled, lost, could not start
    std::optional<std::string> command;
    std::optional<std::int64_t> pid;  ///< while running
    std::optional<std::string> handle;
    std::optional<std::string> claimed_by;
    std::int64_t fence = 0;  ///< number of the claim that counts, see store/queries/job_claim.h
    std::optional<std::int64_t> exclusive;
    std::optional<Timestamp> cancel_requested_at;
    std::optional<std::string> app_version;
    std::int64_t stdout_size = 0;
    std::int64_t stderr_size = 0;
    std::optional<std::int64_t> cpu_ms;
    std::optional<std::int64_t> max_rss_kib;
    Timestamp created_at{};
};
template <>
const Entity& entity_of<Job>();

enum class ArtifactKind { file, stdout_text, stderr_text };
constexpr auto names_of(ArtifactKind) { return std::to_array<std::string_view>({"file", "stdout", "stderr"}); }

/// When a job that has not ended came into its state, as far as it is known; never later than what it does in it.
Timestamp time_of_state(const Job& job);

/// Something a job left behind; its content is in the store under its digest, or in the output of the job.
struct Artifact {
    Id<Artifact> id;
    Id<Job> job_id;
    Id<Company> company_id;
    ArtifactKind kind = ArtifactKind::file;
    std::string filename;
    std::string content_type;
    std::int64_t size = 0;
    std::string sha256;
    std::string note;
    Timestamp created_at{};
};
template <>
const Entity& entity_of<Artifact>();

/// One row of the queue.
struct QueueEntry {
    Id<QueueEntry> id;
    Id<Job> job_id;
    Id<RunTemplate> runtemplate_id;
    Id<Company> company_id;
    Timestamp after{};
    bool waiting = false;      ///< due, but another job of the run template has to end first
    std::int64_t lane_id = 0;  ///< see store/queries/lane.h
};
template <>
const Entity& entity_of<QueueEntry>();

}  // namespace mf
