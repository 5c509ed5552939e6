// SPDX-License-Identifier: MIT
#include "schedule/job_run.h"

#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr int exit_code_of_time_limit = 124;  // as timeout(1) does

std::string stop_reason_text(const JobRun& run) {
    switch (run.end().stopped) {
        case StopReason::time_limit:
            return fmt::format(
                "It reached its time limit of {} and was ended (exit code {} of the process).",
                format_duration(std::chrono::duration_cast<std::chrono::seconds>(run.prepared().plan.limit)),
                run.end().exit_code);
        case StopReason::shutdown: return "The server was shut down while the job was running.";
        case StopReason::output_limit: return "It printed more than it may.";
        case StopReason::cancelled:
        case StopReason::none: return {};
    }
    return {};
}

}  // namespace

JobRun::JobRun(ClaimedJob claimed, PreparedJob prepared, WorkDirectory directory, Recorder& recorder, Finished finished)
    : claimed_(std::move(claimed)),
      prepared_(std::move(prepared)),
      directory_(std::move(directory)),
      recorder_(recorder),
      finished_(std::move(finished)),
      mask_(prepared_.plan.secrets) {}

JobRun::~JobRun() {
    if (handle_) directory_.keep();
}

void JobRun::open_log(std::function<void()> resume, std::function<void(std::uint64_t)> kept) {
    log_ = recorder_.open(claimed_.job.id, claimed_.job.fence, prepared_.plan.output_limit, std::move(resume),
                          std::move(kept));
}

void JobRun::was_started(const Executor::Started& started, Timestamp begin) {
    begin_ = begin;
    recorder_.start({.job = claimed_.job.id,
                     .fence = claimed_.job.fence,
                     .begin = begin,
                     .pid = started.pid ? std::optional<std::int64_t>(*started.pid) : std::nullopt,
                     .handle = started.handle,
                     .command = prepared_.command,
                     .environment = prepared_.environment});
    go_on_with(started.handle);
}

void JobRun::was_taken_up(const Executor::Survivor& survivor) {
    if (claimed_.job.state == JobState::claimed) return was_started({survivor.handle, survivor.pid}, survivor.begin);
    begin_ = claimed_.job.begin.value_or(survivor.begin);
    go_on_with(survivor.handle);
}

void JobRun::go_on_with(const JobHandle& handle) {
    std::unique_lock lock(mutex_);
    handle_ = handle;
    report_if_finished(std::move(lock));
}

Flow JobRun::wrote(const OutputChunk& chunk) {
    const auto source =
        chunk.stream == OutputStream::out ? OutputSource::standard_output : OutputSource::standard_error;
    return recorder_.append(log_, source, chunk.bytes, chunk.read_at) == Recorder::Room::full ? Flow::pause
                                                                                              : Flow::more;
}

void JobRun::ended(const ProcessEnd& end) {
    std::unique_lock lock(mutex_);
    end_ = end;
    has_ended_ = true;
    report_if_finished(std::move(lock));
}

std::optional<JobHandle> JobRun::handle() const {
    const std::lock_guard lock(mutex_);
    return handle_;
}

std::optional<JobHandle> JobRun::handle_to_resume() {
    const std::lock_guard lock(mutex_);
    if (!handle_) missed_resume_ = true;
    return handle_;
}

std::optional<JobHandle> JobRun::note_kept(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    kept_ = bytes;
    return handle_;
}

std::uint64_t JobRun::kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
}

bool JobRun::missed_resume() const {
    const std::lock_guard lock(mutex_);
    return missed_resume_;
}

void JobRun::report_if_finished(std::unique_lock<std::mutex> lock) {
    if (!handle_ || !has_ended_ || std::exchange(reported_, true)) return;
    lock.unlock();
    finished_(shared_from_this());
}

JobEnd end_of(const JobRun& run, const std::function<std::optional<std::string>(int exit_code)>& meaning_of) {
    const ProcessEnd& process = run.end();
    JobEnd end{
        .job = run.claimed().job.id,
        .fence = run.claimed().job.fence,
        .state = process.exit_code == 0 ? JobState::succeeded : JobState::failed,
        .end = std::max(process.ended_at, run.begin()),
        .exitcode = process.exit_code,
        .app_version = run.prepared().app_version,
        .cpu_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(process.user_time + process.system_time).count()};
    if (process.peak_memory) end.max_rss_kib = static_cast<std::int64_t>(*process.peak_memory / 1024);
    if (!process.lost.empty()) {
        end.state = JobState::lost;
        end.cpu_ms.reset();
        end.reason = process.lost;
    } else if (!process.start_error.empty()) {
        end.state = JobState::failed;
        end.reason = process.start_error;
    }
    switch (process.stopped) {
        case StopReason::none:
        case StopReason::output_limit: break;
        case StopReason::time_limit:
            end.state = JobState::timed_out;
            end.exitcode = exit_code_of_time_limit;
            break;
        case StopReason::cancelled:
        case StopReason::shutdown: end.state = JobState::cancelled; break;
    }
    if (auto why = stop_reason_text(run); !why.empty()) end.reason = std::move(why);
    if (!end.reason && end.state == JobState::failed && meaning_of) end.reason = meaning_of(process.exit_code);
    const auto remark = [&](std::string_view sentence) {
        if (!end.reason) end.reason.emplace();
        add_sentence(*end.reason, sentence);
    };
    if (!process.remark.empty()) remark(process.remark);
    if (process.left_behind > 0) remark(fmt::format("{} of its processes could not be ended.", process.left_behind));
    return end;
}

}  // namespace mf
