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

    /// What was told of, and where its frames end: output that is durable up to an offset is durable up to there.
    struct Marks {
        std::deque<std::pair<std::uint64_t, std::uint64_t>> pairs;  ///< offset, position
        std::uint64_t freed = 0;
    };
    struct Job {
        Job(std::uint32_t number_of_file, const Spool& file, std::uint64_t from_byte,
            std::shared_ptr<ProcessListener> whom)
            : number(number_of_file),
              ticket(file.ticket()),
              spool(file),
              listener(std::move(whom)),
              reader(file, from_byte) {
            marks.lock()->freed = std::max(file.header().durable.load(), file.first_frame());
            is_foreign = file.header().version != SpoolHeader::current_version;
        }
        const std::uint32_t number, ticket;
        const Spool& spool;
        const std::shared_ptr<ProcessListener> listener;
        Descriptor shim{};  ///< pidfd; none: it is over
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
        std::shared_ptr<Job> job;  ///< while somebody listens
    };
    struct State {
        std::map<std::uint32_t, Slot> slots;  ///< nodes stay where they are
        std::vector<std::uint32_t> free;
        std::vector<std::uint32_t> to_look_at;
        std::vector<std::shared_ptr<Job>> to_resume;
    };

    void find_files();
    bool settle(const Spool& spool) const;
    // Starting
    Result<std::uint32_t> take_file();
    const Spool& spool_of(std::uint32_t number);
    void give_file_back(std::uint32_t number);
    std::optional<Error> wait_for_start(const Spool& spool, std::uint32_t ticket) const;
    void listen(const std::shared_ptr<Job>& job);
    /// A pidfd; none: it does not live.
    Descriptor open_shim(const Spool& spool) const;
    std::shared_ptr<Job> job_of(const JobHandle& handle);
    void look_at(std::uint32_t number);

    // The thread
    void run(std::stop_token stop);
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
    std::vector<std::shared_ptr<Job>> dying_;  // of the thread
    std::jthread thread_;
};

}  // namespace mf
