// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/digest.h"
#include "store/queries/job_output.h"
#include "store/queries/job_record.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace mf {

/// The output of one job on its way into the store. Made by Recorder::open().
///
/// What a listener appends waits here, bounded, until the recorder has written it.
class JobLog {
    friend class Recorder;
    struct Stream {
        std::int64_t size = 0;
        Sha256 digest;
        void add(std::string_view bytes) {
            size += static_cast<std::int64_t>(bytes.size());
            digest.add(bytes);
        }
    };

    Id<Job> job_;
    std::int64_t fence_ = 0;
    std::function<void()> resume_;             // called when there is room again
    std::function<void(std::uint64_t)> kept_;  // called when so many bytes of the job are durable; may be empty
    std::uint64_t handed_ = 0;   // bytes of both streams that were appended, dropped ones too; guarded as the next
    std::int64_t limit_ = 0;     // bytes of both streams that are kept; 0: all
    std::int64_t appended_ = 0;  // guarded by the recorder's mutex, as the next three
    std::deque<OutputPiece> pending_;
    std::size_t pending_bytes_ = 0;
    bool paused_ = false;
    bool cut_ = false;
    std::int64_t next_seq_ = 0;  // the rest belongs to the recorder's thread
    Stream out_, err_;

public:
    /// What an earlier run of the program has recorded of a job, told piece by piece from the first one on, before
    /// anything is appended: the log goes on behind it.
    void add_recorded(const OutputPiece& piece);
    /// Bytes of both streams that are recorded; before anything is appended.
    std::uint64_t recorded() const { return handed_; }
};

/// The one thread that writes what happens to running jobs: starts, output, ends. Everything that has come in since
/// the last transaction goes into the next one, so that many jobs share one wait for the disk.
///
/// Starts and ends are written as soon as possible; output within 100 milliseconds. While the database refuses (disk
/// full, locked) everything is kept, bounded by holding back the jobs' output, and tried again: nothing is lost as
/// long as this program lives.
class Recorder {
public:
    /// How long things wait. Parameters, so that tests decide them.
    struct Pace {
        std::chrono::milliseconds longest_wait{50};   ///< of output; half of what is promised, the rest is for writing
        std::chrono::milliseconds between_writes{4};  ///< under load: so that many records share a wait for the disk
        std::chrono::milliseconds between_attempts{500};
        std::chrono::milliseconds patience_when_stopping{10'000};
    };
    explicit Recorder(Database& database);
    Recorder(Database& database, Pace pace);
    /// Returns when everything that was handed in is written; when the database goes on refusing, after ten seconds
    /// (and the wait for a lock that has begun by then), or when its time is over (Database::give_up_within).
    ~Recorder();

    /// A log for one job that was claimed with this fence; `limit` counts bytes, 0 means none. `resume` is called, from
    /// the recorder's thread, after append() had asked for a pause; `kept` when output has become durable, with the
    /// number of bytes of both streams, from the first one on, that need not be kept elsewhere any more.
    std::shared_ptr<JobLog> open(Id<Job> job, std::int64_t fence, std::int64_t limit, std::function<void()> resume,
                                 std::function<void(std::uint64_t)> kept = nullptr);

    enum class Room { more, full };
    /// Room::full: the caller must hold back its source until `resume`; what it handed in is kept in any case.
    /// What goes beyond the limit of the job is dropped and a mark of the platform says so.
    Room append(const std::shared_ptr<JobLog>& log, OutputSource source, std::string_view bytes, Timestamp at);

    void start(JobStart start);
    /// The end of a job, after all of its output. Sizes and digests of its stdout and stderr artifacts are filled in.
    /// `remarks` of the platform become the last pieces of its output, in the same transaction. `recorded` is called,
    /// from the recorder's thread, once it is durable.
    void end(JobEnd end, std::shared_ptr<JobLog> log, std::function<void()> recorded,
             const std::vector<std::string>& remarks = {});

    /// True when the last attempt to write succeeded.
    bool healthy() const;

private:
    struct End {
        JobEnd what;
        std::shared_ptr<JobLog> log;
        std::function<void()> recorded;
    };
    struct Batch {
        std::vector<JobStart> starts;
        std::vector<PackedPiece> output;
        std::size_t bytes = 0;
        std::vector<std::pair<std::shared_ptr<JobLog>, std::uint64_t>> kept;  ///< see JobLog::handed_
        std::vector<End> ends;
    };

    void run(std::stop_token stop);
    void keep(const std::shared_ptr<JobLog>& log, OutputSource source, std::string_view text, Timestamp at);
    void tell();
    bool has_work() const { return !starts_.empty() || !with_output_.empty() || !ends_.empty(); }
    Batch take(std::unique_lock<std::mutex>& lock);
    bool write(const Batch& batch, std::stop_token stop);
    /// False: the stop was requested and patience is over.
    bool wait_to_try_again(const Batch& batch, const char* error, int refused, std::stop_token stop);
    /// Records what can be recorded; false when the database cannot be reached after all. Harmless to repeat.
    bool write_one_by_one(const Batch& batch);
    void let_go(const Batch& batch);

    Database& database_;
    const Pace pace_;
    mutable std::mutex mutex_;  // guards everything below and the pending part of every log
    std::condition_variable_any changed_;
    std::vector<JobStart> starts_;
    std::vector<std::shared_ptr<JobLog>> with_output_;
    std::vector<End> ends_;
    std::size_t pending_bytes_ = 0;
    std::vector<std::shared_ptr<JobLog>> paused_;
    bool healthy_ = true;
    std::optional<std::chrono::steady_clock::time_point> gives_up_at_;  // of a stop that meets a refusing database
    bool wants_to_know_ = false;  // the recorder's thread waits for something to do
    std::chrono::steady_clock::time_point last_write_{};
    std::jthread thread_;
};

}  // namespace mf
