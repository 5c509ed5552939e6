// SPDX-License-Identifier: MIT
#include "schedule/recorder.h"

#include "base/fault_point.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece_size = 256 * 1024;           // pieces grow to this while they wait
constexpr std::size_t most_pending_of_job = 2 << 20;     // above: the job is held back
constexpr std::size_t most_pending = 6 << 20;            // above: every job that writes is held back
constexpr std::size_t worth_a_transaction = 512 * 1024;  // below: output may wait for company

/// The database works, but it will never take this as it is: malformed, or written already (the connection was lost
/// after a commit that succeeded).
bool is_final(const sql::DatabaseError& error) {
    return error.kind == sql::DatabaseError::Kind::other || error.kind == sql::DatabaseError::Kind::unique_violation;
}

}  // namespace

Recorder::Recorder(Database& database) : Recorder(database, Pace{}) {}

Recorder::Recorder(Database& database, Pace pace)
    : database_(database), pace_(pace), thread_([this](std::stop_token stop) { run(stop); }) {}

Recorder::~Recorder() {
    thread_.request_stop();
    thread_.join();
}

void JobLog::add_recorded(const OutputPiece& piece) {
    next_seq_ = piece.seq + 1;
    if (piece.source == OutputSource::platform) {
        // While a job runs the platform says one thing only.
        cut_ = true;
        return;
    }
    (piece.source == OutputSource::standard_output ? out_ : err_).add(piece.bytes);
    handed_ += piece.bytes.size();
    appended_ += std::ssize(piece.bytes);
}

std::shared_ptr<JobLog> Recorder::open(Id<Job> job, std::int64_t fence, std::int64_t limit,
                                       std::function<void()> resume, std::function<void(std::uint64_t)> kept) {
    auto log = std::make_shared<JobLog>();
    log->job_ = job;
    log->fence_ = fence;
    log->limit_ = limit;
    log->resume_ = std::move(resume);
    log->kept_ = std::move(kept);
    return log;
}

Recorder::Room Recorder::append(const std::shared_ptr<JobLog>& log, OutputSource source, std::string_view bytes,
                                Timestamp at) {
    const std::lock_guard lock(mutex_);
    if (source != OutputSource::platform) log->handed_ += bytes.size();
    if (log->limit_ > 0 && source != OutputSource::platform) {
        const auto room = static_cast<std::size_t>(log->limit_ - log->appended_);
        const bool too_much = bytes.size() > room;
        bytes = bytes.substr(0, room);
        log->appended_ += static_cast<std::int64_t>(bytes.size());
        if (!bytes.empty()) keep(log, source, bytes, at);
        if (too_much && !std::exchange(log->cut_, true))
            keep(log, OutputSource::platform,
                 fmt::format("[MultiFlexi: the output limit of {} bytes is reached; what the "
                             "job prints from here on is not kept]\n",
                             log->limit_),
                 at);
    } else if (!bytes.empty()) {
        keep(log, source, bytes, at);
    }
    tell();
    if (log->pending_bytes_ < most_pending_of_job && pending_bytes_ < most_pending) return Room::more;
    if (!std::exchange(log->paused_, true)) paused_.push_back(log);
    return Room::full;
}

void Recorder::keep(const std::shared_ptr<JobLog>& log, OutputSource source, std::string_view text, Timestamp at) {
    auto& pending = log->pending_;
    if (pending.empty()) with_output_.push_back(log);
    if (!pending.empty() && pending.back().source == source && pending.back().bytes.size() + text.size() <= piece_size)
        pending.back().bytes += text;
    else
        pending.push_back({.at = at, .source = source, .bytes = std::string(text)});
    log->pending_bytes_ += text.size();
    pending_bytes_ += text.size();
}

void Recorder::start(JobStart start) {
    const std::lock_guard lock(mutex_);
    starts_.push_back(std::move(start));
    tell();
}

void Recorder::end(JobEnd end, std::shared_ptr<JobLog> log, std::function<void()> recorded,
                   const std::vector<std::string>& remarks) {
    const std::lock_guard lock(mutex_);
    for (const auto& remark : remarks) keep(log, OutputSource::platform, remark, end.end);
    ends_.push_back({std::move(end), std::move(log), std::move(recorded)});
    tell();
}

/// Wakes the thread when it has a reason to look; each needless wake-up costs as much as a small record.
void Recorder::tell() {
    if (wants_to_know_ || pending_bytes_ >= worth_a_transaction) changed_.notify_one();
}

bool Recorder::healthy() const {
    const std::lock_guard lock(mutex_);
    return healthy_;
}

void Recorder::run(std::stop_token stop) {
    for (;;) {
        std::unique_lock lock(mutex_);
        wants_to_know_ = true;
        const bool working = changed_.wait(lock, stop, [&] { return has_work(); });
        if (!working && !has_work()) return;
        const auto cannot_wait = [&] {
            return !starts_.empty() || !ends_.empty() || pending_bytes_ >= worth_a_transaction;
        };
        if (!cannot_wait()) changed_.wait_for(lock, stop, pace_.longest_wait, cannot_wait);
        wants_to_know_ = false;
        if (const auto rest = last_write_ + pace_.between_writes - std::chrono::steady_clock::now(); rest > 0ms)
            changed_.wait_for(lock, stop, rest, [&] { return pending_bytes_ >= worth_a_transaction; });
        const Batch batch = take(lock);
        lock.unlock();
        if (!write(batch, stop)) return;
        last_write_ = std::chrono::steady_clock::now();
        let_go(batch);
    }
}

Recorder::Batch Recorder::take(std::unique_lock<std::mutex>& lock) {
    Batch batch;
    batch.starts = std::exchange(starts_, {});
    batch.ends = std::exchange(ends_, {});
    std::vector<std::pair<std::shared_ptr<JobLog>, std::deque<OutputPiece>>> raw;
    for (auto& log : std::exchange(with_output_, {})) {
        batch.bytes += std::exchange(log->pending_bytes_, 0);
        auto pieces = std::exchange(log->pending_, {});
        if (log->kept_) batch.kept.emplace_back(log, log->handed_);
        raw.emplace_back(std::move(log), std::move(pieces));
    }
    for (End& end : batch.ends) {
        if (!end.log || !end.log->cut_) continue;
        const auto remark = fmt::format("Of the output only the first {} bytes were kept, its limit.", end.log->limit_);
        // The reason may be what a definition says about an exit code, which need be no sentence.
        if (!end.what.reason) end.what.reason.emplace();
        add_sentence(*end.what.reason, remark);
        for (Artifact& artifact : end.what.artifacts)
            if (artifact.kind != ArtifactKind::file) artifact.note += " (" + remark + ")";
    }
    // Digests and compression take their time; the jobs can go on writing meanwhile.
    lock.unlock();
    for (auto& [log, pieces] : raw)
        for (OutputPiece& piece : pieces) {
            piece.seq = log->next_seq_++;
            if (piece.source == OutputSource::standard_output) log->out_.add(piece.bytes);
            if (piece.source == OutputSource::standard_error) log->err_.add(piece.bytes);
            batch.output.push_back(pack(log->job_, log->fence_, std::move(piece)));
        }
    for (End& end : batch.ends) {
        if (!end.log) continue;
        end.what.stdout_size = end.log->out_.size;
        end.what.stderr_size = end.log->err_.size;
        for (Artifact& artifact : end.what.artifacts) {
            if (artifact.kind == ArtifactKind::file) continue;
            auto& stream = artifact.kind == ArtifactKind::stdout_text ? end.log->out_ : end.log->err_;
            artifact.size = stream.size;
            artifact.sha256 = stream.digest.hex();
        }
    }
    lock.lock();
    return batch;
}

bool Recorder::write(const Batch& batch, std::stop_token stop) {
    if (!batch.ends.empty()) fault_point("before-end-record");
    if (!batch.starts.empty()) fault_point("before-start-record");
    for (int refused = 0;; ++refused) {
        try {
            database_.write([&](Session& session) {
                const auto started = record_starts(session, batch.starts);
                for (std::size_t i = 0; i < started.size(); ++i)
                    if (!started[i])
                        log::warning("the start of a job is not recorded: it has ended, or it is no longer ours",
                                     {{"job", batch.starts[i].job.value}});
                if (const auto late = append_output(session, batch.output))
                    log::warning("output is not recorded: its job has ended, or it is no longer ours",
                                 {{"pieces", late}});
                std::vector<JobEnd> ends;
                for (const End& end : batch.ends) ends.push_back(end.what);
                const auto recorded = record_ends(session, std::move(ends));
                for (std::size_t i = 0; i < recorded.size(); ++i)
                    if (!recorded[i])
                        log::warning("the end of a job is not recorded: it has ended, or it is no longer ours",
                                     {{"job", batch.ends[i].what.job.value}});
            });
            if (!batch.output.empty()) fault_point("output-recorded");
            if (!batch.ends.empty()) fault_point("end-recorded");
            const std::lock_guard lock(mutex_);
            if (!std::exchange(healthy_, true)) log::info("database accepts records again");
            return true;
        } catch (const sql::DatabaseError& error) {
            // What is wrong must not hold up the rest.
            if (is_final(error) && write_one_by_one(batch)) return true;
            if (!wait_to_try_again(batch, error.what(), refused, stop)) return false;
        } catch (const std::exception& error) {
            if (!wait_to_try_again(batch, error.what(), refused, stop)) return false;
        }
    }
}

bool Recorder::wait_to_try_again(const Batch& batch, const char* error, int refused, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (std::exchange(healthy_, false) || refused == 0)
        log::error("cannot record jobs, will try again",
                   {{"error", error}, {"ends", batch.ends.size()}, {"bytes", batch.bytes}});
    const auto now = std::chrono::steady_clock::now();
    if (stop.stop_requested() && !gives_up_at_) gives_up_at_ = now + pace_.patience_when_stopping;
    if (gives_up_at_ && (now >= *gives_up_at_ || database_.has_given_up())) {
        log::error("gave up recording; the next start of this node will do it",
                   {{"starts", batch.starts.size()}, {"ends", batch.ends.size()}, {"bytes", batch.bytes}});
        return false;
    }
    std::condition_variable_any pause;
    pause.wait_for(lock, pace_.between_attempts, [] { return false; });
    return true;
}

bool Recorder::write_one_by_one(const Batch& batch) {
    bool reachable = true;
    const auto attempt = [&](Id<Job> job, auto work) {
        try {
            database_.write([&](Session& session) { work(session); });
            return true;
        } catch (const sql::DatabaseError& error) {
            reachable = reachable && is_final(error);
            log::error("a record is refused", {{"job", job.value}, {"error", error.what()}});
            return false;
        }
    };
    for (const JobStart& start : batch.starts)
        attempt(start.job, [&](Session& session) { record_start(session, start); });
    for (const PackedPiece& piece : batch.output)
        attempt(piece.job, [&](Session& session) { append_output(session, std::span(&piece, 1)); });
    for (const End& end : batch.ends) {
        if (attempt(end.what.job, [&](Session& session) { record_end(session, end.what); }) || !reachable) continue;
        // That it ended, and how, is recorded whatever else cannot be.
        attempt(end.what.job, [&](Session& session) {
            record_end(session, {.job = end.what.job,
                                 .fence = end.what.fence,
                                 .state = end.what.state,
                                 .end = end.what.end,
                                 .exitcode = end.what.exitcode,
                                 .reason = "The database refused parts of the record; see the log of the server.",
                                 .stdout_size = end.what.stdout_size,
                                 .stderr_size = end.what.stderr_size});
        });
    }
    return reachable;
}

void Recorder::let_go(const Batch& batch) {
    std::vector<std::shared_ptr<JobLog>> resumed;
    {
        const std::lock_guard lock(mutex_);
        pending_bytes_ -= batch.bytes;
        resumed = std::exchange(paused_, {});
        for (auto& log : resumed) log->paused_ = false;
    }
    for (const auto& [log, bytes] : batch.kept) log->kept_(bytes);
    for (const auto& log : resumed) log->resume_();
    for (const End& end : batch.ends)
        if (end.recorded) end.recorded();
}

}  // namespace mf
