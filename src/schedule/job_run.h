// SPDX-License-Identifier: MIT
#pragma once

#include "domain/secret_mask.h"
#include "execute/work_directory.h"
#include "schedule/outside_results.h"
#include "schedule/recorder.h"
#include "service/job_preparation.h"

namespace mf {

/// One job from its start to its record: listens to the process and hands its output to the recorder. When both are
/// known, that it was started and that it ended, it reports itself finished.
class JobRun final : public ProcessListener, public std::enable_shared_from_this<JobRun> {
public:
    /// What happens with a run that has finished; called from the thread that noticed it.
    using Finished = std::function<void(std::shared_ptr<JobRun>)>;

    JobRun(ClaimedJob claimed, PreparedJob prepared, WorkDirectory directory, Recorder& recorder, Finished finished);
    /// The work directory of a job that was started stays: only who has recorded the end empties it.
    ~JobRun() override;

    /// Opens the log; `resume` lets the executor read on after the recorder asked for a pause, `kept` tells it that
    /// output is durable.
    void open_log(std::function<void()> resume, std::function<void(std::uint64_t)> kept = nullptr);
    /// Once, after Executor::start() returned.
    void was_started(const Executor::Started& started, Timestamp begin);
    /// In place of it for a job of an earlier run, after Executor::recover(). Its start is recorded if it is not yet.
    void was_taken_up(const Executor::Survivor& survivor);

    void started(const ProcessIdentity&) override {}
    Flow wrote(const OutputChunk& chunk) override;
    void ended(const ProcessEnd& end) override;

    const ClaimedJob& claimed() const { return claimed_; }
    const PreparedJob& prepared() const { return prepared_; }
    WorkDirectory& directory() { return directory_; }
    /// Set before the process starts, when RESULT_FILE lies outside of the work directory.
    std::shared_ptr<OutsideResults::Use> outside_result;
    /// Set before it is taken up: why its files cannot be brought in, a sentence; empty if they can.
    std::string without_files;
    const std::shared_ptr<JobLog>& log() const { return log_; }
    const ProcessEnd& end() const { return end_; }  ///< of a finished run
    Timestamp begin() const { return begin_; }
    /// Remembers how much of the output is durable, for whoever started the job; the handle if there is one already.
    std::optional<JobHandle> note_kept(std::uint64_t bytes);
    std::uint64_t kept() const;
    /// The text without the secrets of this job: names of files and messages may repeat them.
    std::string masked(std::string_view text) const { return mask_.apply(text); }
    /// None until it was started.
    std::optional<JobHandle> handle() const;
    /// The same for a caller that is going to let its output go on. One who gets none is remembered: whoever started
    /// the job asks missed_resume() afterwards.
    std::optional<JobHandle> handle_to_resume();
    bool missed_resume() const;

private:
    void go_on_with(const JobHandle& handle);
    void report_if_finished(std::unique_lock<std::mutex> lock);

    const ClaimedJob claimed_;
    const PreparedJob prepared_;
    WorkDirectory directory_;
    Recorder& recorder_;
    const Finished finished_;
    std::shared_ptr<JobLog> log_;
    const SecretMask mask_;
    Timestamp begin_{};

    mutable std::mutex mutex_;  // guards the rest: start and end come from two threads
    std::optional<JobHandle> handle_;
    bool missed_resume_ = false;
    std::uint64_t kept_ = 0;
    bool has_ended_ = false;
    bool reported_ = false;
    ProcessEnd end_;
};

/// How a run that has finished is recorded, artifacts aside. `meaning_of` explains the exit code of one that failed by
/// itself; remarks follow what it says.
JobEnd end_of(const JobRun& run, const std::function<std::optional<std::string>(int exit_code)>& meaning_of = {});

}  // namespace mf
