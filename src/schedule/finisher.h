// SPDX-License-Identifier: MIT
#pragma once

#include "base/attachment.h"
#include "schedule/job_run.h"

namespace mf {

/// The thread that brings in what finished jobs left behind: their artifacts go into the store, their end to the
/// recorder, and once that is durable their work directory is emptied, and removed when no more jobs end for a moment.
class Finisher {
public:
    /// `recorded` is called for every run after its end is durable, also when that is later than this object lives.
    Finisher(Database& database, Recorder& recorder, const OutsideResults& outside_results,
             std::function<void(Id<Job>)> recorded);
    /// Returns when everything that was handed in has been handed on to the recorder, which must live longer, or was
    /// left to the next start because the time of the database is over (Database::give_up_within).
    ~Finisher();

    void finish(std::shared_ptr<JobRun> run);

private:
    void run(std::stop_token stop);
    void empty_directory(JobRun& run);
    void remove_emptied();
    void bring_in(const std::shared_ptr<JobRun>& run);
    /// What was collected, and remarks for the job's output about what was not.
    struct Kept {
        std::vector<Artifact> artifacts;
        std::vector<std::string> remarks;
    };
    /// None: nobody waits for the database any more.
    std::optional<Kept> store_patiently(JobRun& run);
    Kept store_artifacts(JobRun& run);
    /// What the exit code says, in the words of the definition where it has any.
    std::optional<std::string> meaning_of(const JobRun& run, int exit_code);
    Result<void> store_content(JobRun& run, const FoundArtifact& found, const std::string& sha256);

    Database& database_;
    Recorder& recorder_;
    const OutsideResults& outside_results_;
    const std::function<void(Id<Job>)> recorded_;
    std::mutex mutex_;  // guards the two queues
    std::condition_variable_any changed_;
    std::deque<std::shared_ptr<JobRun>> finished_;
    std::vector<std::shared_ptr<JobRun>> recorded_runs_;
    std::deque<std::filesystem::path> emptied_;  // of the thread: work directories to be removed
    const std::shared_ptr<Attachment<Finisher>> link_ = std::make_shared<Attachment<Finisher>>(*this);
    std::jthread thread_;
};

/// For a run that ends when no finisher is there any more: its end is recorded, its files are not brought in.
void record_without_files(Recorder& recorder, std::shared_ptr<JobRun> run);

}  // namespace mf
