// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/locked.h"
#include "execute/native.h"
#include "execute/process_table.h"
#include "execute/shim/shim_link.h"
#include "execute/shim/spool.h"

#include <deque>
#include <thread>

namespace mf {

/// The inside of NativeExecutor.
class NativeExecutor::Core {
public:
    Core(const Clock& clock, Options options);
    ~Core();
    Result<void> open();

    Result<Started> start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener);
    void stop(const JobHandle& handle, StopReason reason);
    void resume_output(const JobHandle& handle);
    void kept(const JobHandle& handle, std::uint64_t bytes);
    void forget(const JobHandle& handle);
    void leave();
    std::vector<Survivor> survivors();
    Result<void> recover(const JobHandle& handle, std::uint64_t from_byte, std::shared_ptr<ProcessListener> listener);

private:
    using Steady = std::chrono::steady_clock;
    enum class Life { alive, over };
    // The user data of an epoll event; of shims the serial number in the upper half, that of the file in the lower.
    static constexpr std::uint64_t nudge_source = 0, wake_source = 1, first_shim = 2;

    /// What was told of, and where its frames end: output that is durable up to an offset is durable up to there.
    struct Marks {
        std::deque<std::pair<std::uint64_t, std::uint64_t>> pairs;  ///< offset, position
        std::uint64_t freed = 0;
    };
    /// A living shim of this or an earlier run.
    struct Shim {
        std::uint32_t serial;  ///< no two have the same
        Descriptor pidfd;
        Descriptor socket{};  ///< for requests; none: it is of an earlier run, and takes no other
    };
    struct Job {
        Job(std::uint32_t number_of_file, const Spool& file, std::uint64_t from_byte, std::shared_ptr<const Shim> who,
            std::shared_ptr<ProcessListener> whom)
            : number(number_of_file),
              ticket(file.ticket()),
              spool(file),
              shim(std::move(who)),
              listener(std::move(whom)),
              reader(file, from_byte) {
            marks.lock()->freed = std::max(file.header().durable.load(), file.first_frame());
            is_foreign = file.header().version != SpoolHeader::current_version;
        }
        /// Its shim has told how it ended, or that it was not started after all.
        bool is_decided() const {
            const auto phase = spool.phase();
            return phase == SpoolPhase::ended || phase == SpoolPhase::refused;
        }
        const std::uint32_t number, ticket;
        const Spool& spool;
        const std::shared_ptr<const Shim> shim;  ///< none: it is over
        const std::shared_ptr<ProcessListener> listener;
        Locked<Marks> marks{};
        bool is_foreign = false;  ///< of another version of this program: how it keeps things is not known
        // Of the thread
        SpoolReader reader;
        bool paused = false;
        bool has_ended = false;
        Life life = Life::alive;
        // Of a job whose shim was killed: its processes are being killed
        std::optional<Steady::time_point> kills_until;
    };
    struct Slot {
        Spool spool;
        std::shared_ptr<Job> job{};          ///< while somebody listens
        std::shared_ptr<const Shim> shim{};  ///< as far as known, it lives
        Steady::time_point free_since{};
    };
    struct State {
        std::map<std::uint32_t, Slot> slots;  ///< nodes stay where they are
        std::uint32_t shims = 0;              ///< so many there were
        std::vector<std::uint32_t> free;
        std::vector<std::uint32_t> to_look_at;
        std::vector<std::shared_ptr<Job>> to_resume;
    };

    Result<void> find_files();
    bool settle(const Spool& spool) const;
    // Starting
    Result<std::uint32_t> take_file();
    void put_back(std::uint32_t number);
    const Spool& spool_of(std::uint32_t number);
    static void give_file_back(State& state, std::uint32_t number);
    Result<std::shared_ptr<const Shim>> request(std::uint32_t number, const JobPlan& plan);
    std::optional<Error> ask(const Spool& spool, std::uint32_t ticket, int socket, std::string_view request) const;
    void listen(const std::shared_ptr<Job>& job);
    // Shims
    bool lives(const Spool& spool) const;
    /// A pidfd; none: it does not live. Waits while the system has no descriptor to give.
    Descriptor open_shim(const Spool& spool) const;
    std::shared_ptr<const Shim> hold(std::uint32_t number, Descriptor pidfd, Descriptor socket);
    void let_go(Slot& slot) const;
    void let_idle_go();
    void shim_ended(std::uint32_t number, std::uint32_t serial);
    std::shared_ptr<Job> job_of(const JobHandle& handle);
    void look_at(std::uint32_t number);

    // The thread
    void run(std::stop_token stop);
    int patience() const;
    void read_wakes();
    void look(const std::shared_ptr<Job>& job);
    bool deliver(Job& job);
    void end(const std::shared_ptr<Job>& job);
    void kill_rest();
    void tell(const std::shared_ptr<Job>& job, ProcessEnd end);
    /// The time of day of a time in a spool file of this boot.
    Timestamp time_of_day(Timestamp in_spool) const;

    const Clock& clock_;
    const Options options_;
    const std::string boot_;
    Descriptor wake_{}, epoll_{};
    Nudge nudge_;
    std::unique_ptr<ShimLink> link_;
    Locked<State> state_;
    // Of the thread
    std::vector<std::shared_ptr<Job>> dying_;
    std::optional<Steady::time_point> idle_look_;  // when to see which shims have nothing to do
    std::jthread thread_;
};

}  // namespace mf
