// SPDX-License-Identifier: MIT
#include "chaos/troubles.h"

#include "chaos/processes.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <numeric>
#include <stdexcept>

namespace mf::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view job_program = "chaos-job", shim_program = "multiflexi-shim", server_program = "multiflexi";

}  // namespace

Troubles::Troubles(Fleet& fleet, const Sandbox& sandbox, Chronicle& chronicle, Dice dice)
    : fleet_(fleet), sandbox_(sandbox), chronicle_(chronicle), dice_(dice), states_(fleet.nodes().size()) {}

void Troubles::strike() {
    static constexpr Trouble all[]{
        {"kill a server", 8, &Troubles::kill_server},
        {"stop a server", 4, &Troubles::stop_server},
        {"freeze a server", 5, &Troubles::freeze_server},
        {"arm a server", 6, &Troubles::arm_server},
        {"kill a job", 8, &Troubles::kill_job},
        {"kill a shim", 5, &Troubles::kill_shim},
        {"crash the database", 4, &Troubles::crash_database},
        {"restart the database", 2, &Troubles::restart_database},
        {"unplug a network", 5, &Troubles::unplug_network},
        {"reset connections", 6, &Troubles::reset_connections},
        {"stall connections", 4, &Troubles::stall_connections},
        {"fill the disk of a node", 3, &Troubles::fill_node_disk},
        {"fill the disk of the database", 3, &Troubles::fill_database_disk},
        {"step a clock", 4, &Troubles::step_clock},
        {"put all clocks back", 1, &Troubles::put_all_clocks_back},
    };
    const int together = std::accumulate(std::begin(all), std::end(all), 0,
                                         [](int sum, const Trouble& trouble) { return sum + trouble.weight; });
    for (int attempt = 0; attempt < 20; ++attempt) {
        auto drawn = dice_.below(together);
        const auto* trouble = std::begin(all);
        while (drawn >= trouble->weight) drawn -= (trouble++)->weight;
        if ((this->*trouble->begin)()) return;
    }
}

std::optional<std::size_t> Troubles::some_node(const std::function<bool(std::size_t)>& question) {
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < states_.size(); ++i)
        if (question(i)) fitting.push_back(i);
    if (fitting.empty()) return std::nullopt;
    return fitting.at(static_cast<std::size_t>(dice_.below(std::ssize(fitting))));
}

void Troubles::after(std::chrono::milliseconds time, std::string text, std::function<void()> take_away) {
    cares_.push_back({chronicle_.elapsed() + time, std::move(text), std::move(take_away)});
}

std::chrono::milliseconds Troubles::some_time(int least_ms, int most_ms) {
    return std::chrono::milliseconds{dice_.between(least_ms, most_ms)};
}

bool Troubles::kill_server() {
    const auto i = some_node([&](std::size_t n) { return fleet_.nodes()[n].is_up(); });
    if (!i) return false;
    Node& node = fleet_.nodes()[*i];
    chronicle_.tell(fmt::format("kill -9 {} (process {})", node.name(), node.pid()));
    node.signal(SIGKILL);
    if (!node.has_ended(10s)) throw std::runtime_error(node.name() + " cannot be killed");
    ++chronicle_.deeds.servers_killed;
    has_gone(*i);
    states_[*i].start_at = chronicle_.elapsed() + some_time(0, 2500);
    return true;
}

bool Troubles::stop_server() {
    const auto i = some_node(
        [&](std::size_t n) { return fleet_.nodes()[n].is_up() && !states_[n].frozen && !states_[n].stopping; });
    if (!i) return false;
    const Node& node = fleet_.nodes()[*i];
    chronicle_.tell(fmt::format("stop {} (process {})", node.name(), node.pid()));
    node.signal(SIGTERM);
    ++chronicle_.deeds.servers_stopped;
    states_[*i].stopping = true;
    // What a server that cannot reach its database needs to give up, and as much again.
    states_[*i].stop_by = chronicle_.elapsed() + 180s;
    return true;
}

bool Troubles::freeze_server() {
    const auto i = some_node([&](std::size_t n) { return fleet_.nodes()[n].is_up() && !states_[n].frozen; });
    if (!i) return false;
    const pid_t pid = fleet_.nodes()[*i].pid();
    chronicle_.tell(fmt::format("freeze {} (process {})", fleet_.nodes()[*i].name(), pid));
    fleet_.nodes()[*i].signal(SIGSTOP);
    states_[*i].frozen = true;
    after(some_time(200, 5000), fmt::format("thaw {}", fleet_.nodes()[*i].name()), [this, i = *i, pid] {
        Node& node = fleet_.nodes()[i];
        if (!node.is_up() || node.pid() != pid) return;
        node.signal(SIGCONT);
        states_[i].frozen = false;
    });
    return true;
}

bool Troubles::arm_server() {
    // Moments at which the program can be told to kill itself, see tests/journeys/survival_test.cpp.
    static constexpr std::array<std::string_view, 11> points{
        "claimed",           "before-spawn",      "after-spawn",    "before-start-record",
        "output-recorded",   "before-end-record", "end-recorded",   "before-directory-removal",
        "shim-before-spawn", "shim-after-spawn",  "shim-before-end"};
    const auto i = some_node([&](std::size_t n) { return states_[n].marked_point.empty(); });
    if (!i) return false;
    states_[*i].marked_point = points.at(static_cast<std::size_t>(dice_.below(std::ssize(points))));
    chronicle_.tell(fmt::format("{} is to meet its end at '{}'", fleet_.nodes()[*i].name(), states_[*i].marked_point));
    if (fleet_.nodes()[*i].is_up()) {
        fleet_.nodes()[*i].signal(SIGKILL);
        fleet_.nodes()[*i].has_ended(10s);
        ++chronicle_.deeds.servers_killed;
    }
    states_[*i].frozen = states_[*i].stopping = false;
    states_[*i].start_at = chronicle_.elapsed();
    return true;
}

bool Troubles::kill_job() {
    const auto jobs = descendants_of(sandbox_.ancestor, job_program);
    if (jobs.empty()) return false;
    const auto& chosen = jobs.at(static_cast<std::size_t>(dice_.below(std::ssize(jobs))));
    chronicle_.tell(fmt::format("kill -9 the job process {}", chosen.process.pid));
    if (send(chosen.process, SIGKILL)) chronicle_.deeds.killed.insert(chosen.process);
    return true;
}

bool Troubles::kill_shim() {
    const auto shims = descendants_of(sandbox_.ancestor, shim_program);
    if (shims.empty()) return false;
    const auto& chosen = shims.at(static_cast<std::size_t>(dice_.below(std::ssize(shims))));
    // Its job may begin at this moment; who is bereft is seen while it cannot start another one.
    if (!send(chosen.process, SIGSTOP)) return false;
    const auto below = descendants_of(chosen.process.pid, job_program);
    if (program_of(chosen.parent) == server_program) {
        // The one that makes the others; they go on without it.
        chronicle_.tell(fmt::format("kill -9 the maker of shims {}", chosen.process.pid));
    } else {
        auto& deeds = chronicle_.deeds;
        int seen = 0;
        for (const auto& one : below)
            if (one.parent == chosen.process.pid) seen += deeds.bereft.insert(one.process).second;
        if (seen == 0) ++deeds.killed_unseen;
        chronicle_.tell(fmt::format("kill -9 the shim {} with {} jobs", chosen.process.pid, seen));
    }
    send(chosen.process, SIGKILL);
    return true;
}

bool Troubles::crash_database() {
    if (!fleet_.server() || database_away_ || database_full_) return false;
    chronicle_.tell("crash the database");
    fleet_.server()->crash();
    database_away_ = true;
    after(some_time(0, 3000), "start the database", [this] {
        fleet_.server()->start_again();
        database_away_ = false;
    });
    return true;
}

bool Troubles::restart_database() {
    if (!fleet_.server() || database_away_ || database_full_) return false;
    chronicle_.tell("stop the database");
    fleet_.server()->stop();
    database_away_ = true;
    after(some_time(0, 3000), "start the database", [this] {
        fleet_.server()->start_again();
        database_away_ = false;
    });
    return true;
}

bool Troubles::unplug_network() {
    const auto i = some_node([&](std::size_t n) { return fleet_.network_of(n) && !states_[n].disturbed; });
    if (!i) return false;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("unplug the network of {}", name));
    fleet_.network_of(*i)->unplug();
    states_[*i].disturbed = true;
    after(some_time(200, 8000), fmt::format("plug in the network of {}", name), [this, i = *i] {
        fleet_.network_of(i)->plug_in();
        states_[i].disturbed = false;
    });
    return true;
}

bool Troubles::reset_connections() {
    const auto i = some_node([&](std::size_t n) { return fleet_.relay_of(n) && !states_[n].disturbed; });
    if (!i) return false;
    chronicle_.tell(fmt::format("reset the connections of {}", fleet_.nodes()[*i].name()));
    fleet_.relay_of(*i)->reset();
    return true;
}

bool Troubles::stall_connections() {
    const auto i = some_node([&](std::size_t n) { return fleet_.relay_of(n) && !states_[n].disturbed; });
    if (!i) return false;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("stall the connections of {}", name));
    fleet_.relay_of(*i)->stall();
    states_[*i].disturbed = true;
    const bool break_them = dice_.one_in(2);
    after(some_time(200, 6000), fmt::format("the connections of {} {}", name, break_them ? "break" : "go on"),
          [this, i = *i, break_them] {
              if (break_them) fleet_.relay_of(i)->reset();
              fleet_.relay_of(i)->go_on();
              states_[i].disturbed = false;
          });
    return true;
}

bool Troubles::fill_node_disk() {
    const auto i = some_node([&](std::size_t n) { return fleet_.disk_of(n).can_be_filled() && !states_[n].full; });
    if (!i) return false;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("fill the disk of {}", name));
    fleet_.disk_of(*i).fill();
    states_[*i].full = true;
    after(some_time(500, 5000), fmt::format("make room on the disk of {}", name), [this, i = *i] {
        fleet_.disk_of(i).make_room();
        states_[i].full = false;
    });
    return true;
}

bool Troubles::fill_database_disk() {
    if (!fleet_.disk_of_database().can_be_filled() || database_away_ || database_full_) return false;
    chronicle_.tell("fill the disk of the database");
    fleet_.disk_of_database().fill();
    database_full_ = true;
    after(some_time(500, 5000), "make room on the disk of the database", [this] {
        fleet_.disk_of_database().make_room();
        database_full_ = false;
        // PostgreSQL gives up when it cannot even write down what it has done.
        if (fleet_.server() && !fleet_.server()->is_running()) {
            chronicle_.tell("the database had ended for want of room; start it");
            fleet_.server()->start_again();
        }
    });
    return true;
}

void Troubles::set_clocks() {
    for (std::size_t i = 0; i < states_.size(); ++i) fleet_.nodes()[i].set_clock(time_ + states_[i].skew);
}

bool Troubles::step_clock() {
    const auto i = some_node([&](std::size_t n) { return states_[n].skew == 0s; });
    if (!i) return false;
    const std::chrono::seconds skew{dice_.one_in(2) ? dice_.between(1, 5) : dice_.between(5, 600)};
    states_[*i].skew = dice_.one_in(2) ? skew : -skew;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("the clock of {} goes {:+} s", name, states_[*i].skew.count()));
    set_clocks();
    after(some_time(1000, 10'000), fmt::format("the clock of {} is right again", name), [this, i = *i] {
        states_[i].skew = 0s;
        set_clocks();
    });
    return true;
}

bool Troubles::put_all_clocks_back() {
    const std::chrono::seconds back{dice_.between(1, 150)};
    chronicle_.tell(fmt::format("all clocks go {} s back", back.count()));
    time_ -= back;
    set_clocks();
    return true;
}

void Troubles::let_time_pass(std::chrono::seconds step) {
    time_ += step;
    set_clocks();
    for (const Node& node : fleet_.nodes()) node.nudge_planner();
}

}  // namespace mf::chaos
