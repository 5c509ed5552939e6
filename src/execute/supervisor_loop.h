// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/locked.h"
#include "execute/children.h"
#include "execute/process.h"
#include "execute/process_table.h"
#include "execute/spawn.h"

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <unordered_map>
#include <variant>

namespace mf {

/// The thread of a Supervisor. Only the functions of the first public part may be called from other threads.
class Supervisor::Loop {
public:
    Loop(const Clock& clock, Options options);
    ~Loop();

    Started start(const ProcessCommand& command, std::shared_ptr<ProcessListener> listener);
    std::optional<Key> adopt(const Adoption& adoption, std::shared_ptr<ProcessListener> listener);
    void stop(Key key, StopReason reason) { order(StopOrder{key, reason}); }
    void resume(Key key) { order(ResumeOrder{key}); }
    std::size_t running() const { return running_; }
    int descriptor() const { return epoll_.get(); }
    int patience() const { return milliseconds_to_next(); }
    void work() { turn(0); }

private:
    using Steady = std::chrono::steady_clock;

    struct Stream {
        Descriptor fd{};
        std::size_t left = 0;  ///< after the end: bytes that the process itself still wrote
        int full_reads = 0;
        bool enlarged = false;
        bool watched = false;  ///< by epoll
    };
    /// running → terminating (SIGTERM sent) → killing (SIGKILL sent); draining follows each of them.
    enum class Phase { running, terminating, killing, draining };

    struct Process {
        Key key = 0;
        ProcessIdentity identity;
        Descriptor pidfd{};
        std::array<Stream, 2> streams{};  ///< by OutputStream
        std::shared_ptr<ProcessListener> listener;
        std::chrono::milliseconds grace{0};
        std::string mark;
        std::filesystem::path own_directory;
        std::uint64_t our_peak_memory = 0;
        bool is_child = true;  ///< else adopted: its number may be used again as soon as it has ended
        Phase phase = Phase::running;
        StopReason stopped = StopReason::none;
        bool exited = false;
        bool paused = false;
        bool told = false;  ///< SIGTERM has been sent
        std::optional<Steady::time_point> deadline;
        std::vector<ProcessIdentity> known;  ///< of the rest of the tree, as it was seen last
        std::vector<Descriptor> survivors;   ///< pidfds of the rest of the tree, each fires once
        std::size_t alive = 0;               ///< of the survivors
        std::size_t left_behind = 0;
    };

    struct StartOrder {
        Process process;
    };
    struct FailedOrder {
        std::shared_ptr<ProcessListener> listener;
        StartFailure failure;
    };
    struct StopOrder {
        Key key;
        StopReason reason;
    };
    struct ResumeOrder {
        Key key;
    };
    using Order = std::variant<StartOrder, FailedOrder, StopOrder, ResumeOrder>;

    void order(Order order);
    void run(std::stop_token stop);
    void turn(int patience);
    void begin_shutdown();
    void abandon_all();
    int milliseconds_to_next() const;
    void take_orders();
    void handle(std::uint64_t tag, std::uint32_t events);
    void carry_out(StartOrder& order);
    void carry_out(FailedOrder& order);
    void carry_out(StopOrder& order);
    void carry_out(ResumeOrder& order);

    // Output
    void watch_output(Process& process);
    void unwatch_output(Process& process);
    void read_output(Process& process, OutputStream stream);
    void enlarge(Stream& stream);
    void unwatch(Stream& stream);
    void close_stream(Stream& stream);

    // Ending
    void set_deadline(Process& process, std::optional<Steady::time_point> moment);
    void expire();
    void terminate(Process& process, StopReason reason);
    void work_trees();
    void work_tree(Process& process, ProcessTable& table);
    void signal_tree(const Process& process, const std::vector<ProcessEntry>& members, int signal);
    void watch_survivors(Process& process, const std::vector<ProcessEntry>& members);
    void leader_exited(Process& process);
    void drain(Process& process);
    void continue_drain(Process& process);
    void finish(Process& process);
    void sweep_orphans();

    const Clock& clock_;
    const Options options_;
    children::Subreaper subreaper_;
    Descriptor epoll_;
    Nudge nudge_;
    Locked<std::vector<Order>> orders_;
    std::atomic<Key> last_key_{0};
    std::atomic<std::size_t> running_{0};

    // The rest belongs to the thread.
    std::unordered_map<Key, Process> processes_;
    std::set<std::pair<Steady::time_point, Key>> deadlines_;
    std::vector<Key> tree_work_;  ///< whose tree must be looked at; one picture of all processes serves all of them
    std::unordered_map<pid_t, std::pair<ProcessIdentity, Descriptor>> orphans_;
    std::optional<Steady::time_point> sweep_at_;
    std::optional<Steady::time_point> abandon_at_;  ///< set once the shutdown has begun
    std::unique_ptr<char[]> buffer_;                ///< not touched before there is output
    int enlarged_ = 0;
    std::jthread thread_;
};

}  // namespace mf
