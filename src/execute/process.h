// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// What the kernel shall refuse to a process and to each of its descendants (man 2 setrlimit). A value above the
/// hard limit of this program becomes that hard limit. Core dumps are always off: they would contain secrets.
struct ResourceLimits {
    std::optional<std::uint64_t> memory;      ///< bytes of address space of each process
    std::optional<std::uint64_t> cpu;         ///< seconds of processor time of each process
    std::optional<std::uint64_t> open_files;  ///< descriptors of each process
    std::optional<std::uint64_t> file_size;   ///< bytes of each written file
};

/// One program to run, completely resolved. Nothing is inherited from this program but its identity (user, groups,
/// namespaces): standard input is /dev/null, signals are at their defaults, only descriptors 0, 1 and 2 are open,
/// and the process leads a session and process group of its own.
struct ProcessCommand {
    /// argv[0] without a slash is looked up in the PATH of `environment` (without one: /usr/bin:/bin).
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::filesystem::path directory = "/";
    ::mode_t file_mode_mask = 022;            ///< man 2 umask
    std::chrono::milliseconds limit{0};       ///< of wall-clock time, not touched by clock steps; zero: none
    std::chrono::milliseconds grace{10'000};  ///< between SIGTERM and SIGKILL
    ResourceLimits resources = {};
    /// An entry "NAME=value" of `environment` that no other process has. By it descendants are found that have left
    /// the session and lost their parent. Empty: they are found by the other signs only, see ProcessTable::tree_of().
    std::string mark;
    /// A directory that only this process and its descendants work in; another such sign, or empty.
    std::filesystem::path own_directory = {};
    /// SIGKILL for the process (not for its descendants) when the thread that starts it ends, however it ends
    /// (man 2 prctl, PR_SET_PDEATHSIG).
    bool dies_with_us = false;
};

/// Names a process for ever (within one boot): process numbers are used again, with another start time.
struct ProcessIdentity {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  ///< clock ticks since boot, field 22 of man 5 proc, /proc/PID/stat
    bool operator==(const ProcessIdentity&) const = default;
};

enum class OutputStream { out, err };

struct OutputChunk {
    OutputStream stream;
    std::string_view bytes;  ///< never empty, valid during the call, cut anywhere
    Timestamp read_at;
};

/// What a listener wants next: more output, or none before Supervisor::resume(). While paused the process is slowed
/// down by its full pipe; nothing is lost and nothing piles up here.
enum class Flow { more, pause };

enum class StopReason { none, time_limit, cancelled, output_limit, shutdown };

struct ProcessEnd {
    int exit_code = 0;  ///< as a shell says: 128 + signal when killed, 126 or 127 when it could not be started
    int signal = 0;     ///< the signal that killed it, else 0
    StopReason stopped = StopReason::none;  ///< why we told it to end, even if it then ended by itself
    std::chrono::microseconds user_time{0};
    std::chrono::microseconds system_time{0};
    /// Most resident bytes of one process. None if that was less than this program's own: the kernel then counts ours.
    std::optional<std::uint64_t> peak_memory;
    std::size_t left_behind = 0;  ///< descendants that did not even die of SIGKILL in time
    std::string start_error;      ///< why it could not be started: a sentence; empty if it was started
    /// Why nobody knows how it ended: a sentence; empty if it is known. The exit code is 255 then.
    std::string lost = {};
    std::string remark = {};  ///< what else a person should know: a sentence, or empty
    Timestamp ended_at{};
};

/// Receives what happens to one process: started() at most once, then wrote() any number of times, then ended()
/// exactly once (without started() if it could not be started). All calls come from the supervisor's thread; they
/// must be quick and must not throw.
class ProcessListener {
public:
    virtual ~ProcessListener() = default;
    virtual void started(const ProcessIdentity& process) = 0;
    virtual Flow wrote(const OutputChunk& chunk) = 0;
    virtual void ended(const ProcessEnd& end) = 0;
};

/// Runs any number of local processes; one thread reads, watches and ends them.
///
/// A process has ended when it has ended itself: descendants may live on and are not waited for, what they write
/// later is not read. To be told to end concerns the whole tree: the session, all descendants, and those that became
/// daemons, as far as anything tells that they are descendants (ProcessTable::tree_of()). They get SIGTERM, after the
/// grace period SIGKILL until none is left (or five seconds have passed).
///
/// All functions may be called from every thread, also from a listener. While a supervisor exists, this program is
/// the "child subreaper" (man 2 prctl) and collects daemonised descendants of jobs; so no other code of the program
/// may start children in sessions of their own.
class Supervisor {
public:
    using Key = std::uint64_t;

    struct Options {
        std::chrono::milliseconds shutdown_grace{2'000};  ///< longest grace period once the destructor runs
        /// Soft limit of descriptors of processes without ResourceLimits::open_files. None: that of this program.
        std::optional<std::uint64_t> usual_open_files = {};
        /// by_caller: there is no thread. The one thread of the program does its work: it waits until descriptor() is
        /// readable or patience() is over, and calls work(). The destructor ends nothing then.
        enum class Driven { by_own_thread, by_caller } driven = Driven::by_own_thread;
    };

    explicit Supervisor(const Clock& clock);
    Supervisor(const Clock& clock, Options options);
    /// Tells what still runs to end (StopReason::shutdown) and returns when it has, at the latest after the shutdown
    /// grace and five seconds. Every listener gets its ended(); output is no longer held back by Flow::pause.
    ~Supervisor();

    struct Started {
        Key key;
        std::optional<ProcessIdentity> process;  ///< none: it could not be started, ended() tells why
        /// Not empty: it could not be started because the system is short of something at the moment, see
        /// is_shortage(); a sentence. Nothing follows for the listener; the same start may succeed later.
        std::string shortage = {};
    };
    /// Starts at once, on the calling thread: an executable on a slow disk delays the caller and nobody else.
    Started start(const ProcessCommand& command, std::shared_ptr<ProcessListener> listener);

    struct Adoption {
        ProcessIdentity process;
        std::chrono::milliseconds limit{0};  ///< from now
        std::chrono::milliseconds grace{10'000};
        std::string mark;
        std::filesystem::path own_directory = {};
    };
    /// Watches a process that an earlier run of this program started. Its output and exit code cannot be had (the
    /// code will be 255), but its end, its limit and stop() work. None if that process no longer exists.
    std::optional<Key> adopt(const Adoption& adoption, std::shared_ptr<ProcessListener> listener);

    /// Asks the tree to end. Without effect when it has ended or was told before.
    void stop(Key key, StopReason reason);
    /// Ends a pause that wrote() asked for. Call it after wrote() has decided so; too often does no harm.
    void resume(Key key);
    /// Processes that were started and whose ended() has not yet returned.
    std::size_t running() const;

    // Driven::by_caller
    int descriptor() const;
    /// Milliseconds until work() is due, as man 2 poll counts them.
    int patience() const;
    void work();

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace mf
