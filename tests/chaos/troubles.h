// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/chronicle.h"
#include "chaos/fleet.h"

#include <functional>

namespace mf::chaos {

/// Brings troubles over a fleet and takes them away again, and keeps its servers running as an init system would.
/// What happens is drawn from the dice; when it happens is of the real time, so two runs with one seed are alike, not
/// the same.
class Troubles {
public:
    Troubles(Fleet& fleet, const Sandbox& sandbox, Chronicle& chronicle, Dice dice);

    /// Brings one of those that are possible now: each kind once or twice, in the order of the dice, then by their
    /// weights.
    void strike();
    /// Kinds that can be brought about here and were not yet.
    std::vector<std::string_view> owed() const;
    /// Takes away those whose time has come, and starts servers that have ended. To be called all the time.
    void tend();
    /// All clocks go on by so much at once, so that minutes pass in seconds.
    void let_time_pass(std::chrono::seconds step);
    /// Takes all troubles away; servers are up, but perhaps not ready yet.
    void heal();
    /// Ends each server and starts it again with these roles; they are ready then.
    void start_anew(std::string_view roles);
    /// Ends all servers for good.
    void stop_servers();

private:
    enum class Need { nothing, server, network, disk, clock };
    struct Trouble {
        std::string_view name;
        int weight;
        Need need;
        bool (Troubles::*begin)();
    };
    struct Care {
        std::chrono::milliseconds at;
        std::string text;
        std::function<void()> take_away;
    };
    struct State {
        bool frozen = false;
        bool stopping = false;     ///< was told to end
        std::string marked_point;  ///< at which it is to be killed when it starts the next time, or is now
        std::int64_t started = 0;  ///< uptime_ms()
        bool disturbed = false;    ///< its network
        bool full = false;         ///< its disk
        std::chrono::seconds skew{0};
        std::chrono::milliseconds start_at{0};  ///< of a server that is down
        std::chrono::milliseconds stop_by{0};   ///< of one that was told to end
    };

    static const std::vector<Trouble>& all_troubles();
    bool can_come(const Trouble& trouble) const;
    bool bring(const Trouble& trouble);

    bool kill_server();
    bool stop_server();
    bool freeze_server();
    bool arm_server();
    bool kill_job();
    bool kill_shim();
    bool crash_database();
    bool restart_database();
    bool unplug_network();
    bool reset_connections();
    bool stall_connections();
    bool fill_node_disk();
    bool fill_database_disk();
    bool step_clock();
    bool put_all_clocks_back();

    /// One of the nodes for which the question is answered by yes.
    std::optional<std::size_t> some_node(const std::function<bool(std::size_t)>& question);
    void after(std::chrono::milliseconds time, std::string text, std::function<void()> take_away);
    std::chrono::milliseconds some_time(int least_ms, int most_ms);
    void set_clocks();
    void leave_without_database();
    void was_out_of_reach(std::int64_t from);
    void start_server(std::size_t node);
    void look_at_end(std::size_t node, int code);
    void has_gone(std::size_t node);

    Fleet& fleet_;
    const Sandbox sandbox_;
    Chronicle& chronicle_;
    Dice dice_;
    std::vector<State> states_;
    std::vector<Care> cares_;
    std::vector<const Trouble*> owed_;           ///< in the order in which they are to come
    std::vector<std::string_view> points_left_;  ///< marked points that had no turn yet
    std::string roles_ = "all";
    bool database_away_ = false;
    bool database_full_ = false;
    std::chrono::seconds time_{0};
};

}  // namespace mf::chaos
