// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"
#include "execute/process.h"

#include <array>
#include <atomic>
#include <filesystem>

namespace mf {

/// Where the job of a spool file stands.
///
///   free → requested → taken → starting → running → ended → free
///              ↘ free    ↘ free    ↘ refused → free     (starting → ended when there is nothing to start)
///
/// The server asks for a job (requested), a shim takes it (taken), writes who it is, and starts (starting). Only who
/// makes a step goes on: a request that the server takes back (free) starts nothing any more, whenever it is read.
enum class SpoolPhase : std::uint32_t { free, requested, taken, starting, refused, running, ended };

/// The first page of a spool file, in the memory of both the server and the shim. It lies on the disk before a job
/// begins, so that no full disk can keep a shim from telling how its job ended.
///
/// The members up to `boot` stay where they are in every later version, so that each version can tell of a file
/// of another one whose job it is and whether its shim lives.
struct SpoolHeader {
    static constexpr std::uint64_t magic_number = 0x4c4f4f5053464d31;  // "1MFSPOOL" as the machine orders its bytes
    static constexpr std::uint32_t current_version = 1;

    std::uint64_t magic;
    std::uint32_t version;
    /// Number of the request (above) and SpoolPhase (the lowest four bits); also what a starter waits on
    /// (man 2 futex).
    std::atomic<std::uint32_t> turn;
    std::int64_t job;
    std::int64_t shim_pid;  ///< 0: not yet
    std::uint64_t shim_start_time;
    std::array<char, 128> boot;  ///< in which process numbers are valid, see boot_identity()

    // By the server, before the request
    std::uint64_t memo_size;             ///< bytes of JobPlan::memo, behind the page
    std::array<char, 2048> directory;    ///< the work directory of the job
    std::atomic<std::uint64_t> durable;  ///< everything before this position is kept elsewhere, and may be gone here
    std::atomic<std::uint32_t> armed;    ///< the server wants to be woken by the next output
    // By the shim
    std::atomic<std::uint32_t> held;     ///< the job waits for `durable` to advance; the server wakes the shim
    std::atomic<std::uint64_t> written;  ///< position behind the last whole frame
    std::atomic<std::uint64_t> payload;  ///< bytes of output in all frames up to there
    std::int64_t process_pid;
    std::uint64_t process_start_time;
    /// ms of uptime(), as all times in a spool file: somebody may set the clock while the job runs. The server knows
    /// what time of day that was.
    std::int64_t begin;
    std::int64_t end;
    std::int32_t exit_code;
    std::int32_t signal;
    std::int32_t stopped;
    std::int32_t has_peak_memory;
    std::int64_t user_time;  ///< µs
    std::int64_t system_time;
    std::uint64_t peak_memory;
    std::uint64_t left_behind;
    std::array<char, 1024> complaint;  ///< why it could not be started (ended), or not now (refused)
};
inline constexpr std::size_t spool_page = 4096;
static_assert(sizeof(SpoolHeader) <= spool_page && std::atomic<std::uint64_t>::is_always_lock_free);

/// Before each piece of output in a spool file.
struct SpoolFrame {
    std::uint32_t size;    ///< of the piece, at most most_of_a_frame
    std::uint32_t stream;  ///< OutputStream
    std::int64_t read_at;
    std::uint64_t offset;  ///< of the piece in the output of both streams
};
inline constexpr std::size_t most_of_a_frame = 256 * 1024;

/// Copies at most what fits, with a zero behind it.
template <std::size_t Size>
void put_text(std::array<char, Size>& to, std::string_view text) {
    const auto size = text.copy(to.data(), Size - 1);
    to[size] = '\0';
}
template <std::size_t Size>
std::string get_text(const std::array<char, Size>& from) {
    const std::string_view all(from.data(), from.size());
    return std::string(all.substr(0, all.find('\0')));
}

/// One spool file, opened and its first page mapped. Files are used again for one job after the other, because a file
/// system takes its time to make and free them.
class Spool {
public:
    /// Makes the file with its first page when it is missing. unavailable: see is_shortage(), or the disk is full.
    static Result<Spool> open(const std::filesystem::path& file);
    /// The same for a file that is there; errno when it cannot be had.
    static std::optional<Spool> attach(const std::filesystem::path& file);
    Spool(Spool&& other) noexcept;
    Spool& operator=(Spool&& other) noexcept;
    ~Spool();

    SpoolHeader& header() const { return *header_; }
    int descriptor() const { return file_.get(); }

    SpoolPhase phase() const;
    std::uint32_t ticket() const;
    /// From one phase to another for this ticket. False: it was not there; nothing changed. Wakes who waits.
    bool step(std::uint32_t ticket, SpoolPhase from, SpoolPhase to) const;
    /// The shim: as long as this process lives, lives_by_lock() is true of it. False: errno says why not; EAGAIN and
    /// EACCES say that another shim of this file lives.
    bool lock() const;
    /// Does the process that the header names live? The lock tells, because /proc does not show every process to
    /// everybody (man 5 proc, hidepid), and numbers are used again.
    bool lives_by_lock() const;
    /// Does any other process have it locked?
    bool is_locked() const;

    /// Whatever the phase: the file may be used for another job. False: it is of another ticket already.
    bool release(std::uint32_t ticket) const;
    /// Waits until the phase is another one, or the time is over.
    void wait_while(SpoolPhase phase, std::chrono::milliseconds longest) const;

    /// The server asks for a job: a new ticket, everything of the job before is forgotten. Only from `free`.
    Result<std::uint32_t> prepare(std::int64_t job, std::string_view boot, const std::filesystem::path& directory,
                                  std::string_view memo) const;
    std::string memo() const;
    /// Where the frames begin.
    std::uint64_t first_frame() const;

    /// The shim adds output, in frames. False: it could not be written now, errno says why; nothing changed.
    bool append(OutputStream stream, Timestamp read_at, std::string_view bytes) const;
    /// The server says that everything before a position is kept elsewhere; gives whole megabytes back to the disk.
    /// `freed` is where it did so last.
    void advance(std::uint64_t position, std::uint64_t& freed) const;

    /// The same for everything that is durable, to the last page: for a shim that finds the disk full.
    void reclaim() const;

    void tell_end(const ProcessEnd& end) const;
    ProcessEnd end() const;

private:
    static std::optional<Spool> map(Descriptor file);
    std::optional<pid_t> locked_by() const;
    Spool(Descriptor file, SpoolHeader* header) : file_(std::move(file)), header_(header) {}
    Descriptor file_;
    SpoolHeader* header_ = nullptr;
};

/// Reads the frames of a spool file from the first to the last, beginning at a byte of the output.
class SpoolReader {
public:
    /// `offset`: bytes of output that are known already.
    SpoolReader(const Spool& spool, std::uint64_t offset);

    struct Piece {
        OutputChunk chunk;       ///< valid until the next call
        std::uint64_t offset;    ///< of the byte behind it in the output
        std::uint64_t position;  ///< in the file, behind it
    };
    /// None: nothing more at the moment.
    std::optional<Piece> next();
    bool has_more() const { return position_ < spool_.header().written.load(); }
    /// Output was missing or unreadable: a sentence; empty when all was there.
    const std::string& complaint() const { return complaint_; }
    /// Sizes of buffers are given back.
    void rest();

private:
    bool fill(std::size_t wanted);
    void give_up(std::string_view why);

    const Spool& spool_;
    std::uint64_t offset_;
    std::uint64_t position_;
    std::string buffer_;  // file content from buffer_at_ on
    std::uint64_t buffer_at_ = 0;
    std::string complaint_;
};

}  // namespace mf
