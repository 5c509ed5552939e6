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
    : fleet_(fleet), sandbox_(sandbox), chronicle_(chronicle), dice_(dice), states_(fleet.nodes().size()) {
    constexpr int frequent = 6;
    for (const Trouble& trouble : all_troubles())
        for (int times = !can_come(trouble) ? 0 : trouble.weight < frequent ? 1 : 2; times > 0; --times)
            owed_.insert(owed_.begin() + static_cast<std::ptrdiff_t>(dice_.below(std::ssize(owed_) + 1)), &trouble);
}

const std::vector<Troubles::Trouble>& Troubles::all_troubles() {
    using enum Need;
    static const std::vector<Trouble> all{
        {"server killed", 8, nothing, &Troubles::kill_server},
        {"server stopped", 4, nothing, &Troubles::stop_server},
        {"server frozen", 5, nothing, &Troubles::freeze_server},
        {"server with a marked point", 6, nothing, &Troubles::arm_server},
        {"job killed", 8, nothing, &Troubles::kill_job},
        {"shim killed", 5, nothing, &Troubles::kill_shim},
        {"database crashed", 4, server, &Troubles::crash_database},
        {"database restarted", 2, server, &Troubles::restart_database},
        {"network unplugged", 5, network, &Troubles::unplug_network},
        {"connections reset", 6, server, &Troubles::reset_connections},
        {"connections stalled", 4, server, &Troubles::stall_connections},
        {"disk of a node full", 3, disk, &Troubles::fill_node_disk},
        {"disk of the database full", 3, disk, &Troubles::fill_database_disk},
        {"clock stepped", 4, clock, &Troubles::step_clock},
        {"all clocks put back", 1, clock, &Troubles::put_all_clocks_back},
    };
    return all;
}

bool Troubles::can_come(const Trouble& trouble) const {
    switch (trouble.need) {
        case Need::nothing: return true;
        case Need::server: return fleet_.server() != nullptr;
        case Need::network: return fleet_.network_of(0) != nullptr;
        case Need::disk: return fleet_.disk_of_database().can_be_filled();
        case Need::clock: return fleet_.nodes().front().has_clock();
    }
    return false;
}

std::vector<std::string_view> Troubles::owed() const {
    std::vector<std::string_view> out;
    for (const auto* trouble : owed_) out.push_back(trouble->name);
    return out;
}

bool Troubles::bring(const Trouble& trouble) {
    if (!can_come(trouble) || !(this->*trouble.begin)()) return false;
    ++chronicle_.deeds.troubles[std::string(trouble.name)];
    return true;
}

void Troubles::strike() {
    for (auto next = owed_.begin(); next != owed_.end(); ++next)
        if (bring(**next)) {
            owed_.erase(next);
            return;
        }
    const auto& all = all_troubles();
    const int together =
        std::accumulate(all.begin(), all.end(), 0, [](int sum, const Trouble& one) { return sum + one.weight; });
    for (int attempt = 0; attempt < 20; ++attempt) {
        auto drawn = dice_.below(together);
        auto trouble = all.begin();
        while (drawn >= trouble->weight) drawn -= (trouble++)->weight;
        if (bring(*trouble)) return;
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
    if (points_left_.empty()) points_left_.assign(points.begin(), points.end());
    const auto drawn = points_left_.begin() + static_cast<std::ptrdiff_t>(dice_.below(std::ssize(points_left_)));
    states_[*i].marked_point = *drawn;
    points_left_.erase(drawn);
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
    leave_without_database();
    return true;
}

bool Troubles::restart_database() {
    if (!fleet_.server() || database_away_ || database_full_) return false;
    chronicle_.tell("stop the database");
    fleet_.server()->stop();
    leave_without_database();
    return true;
}

void Troubles::leave_without_database() {
    database_away_ = true;
    after(some_time(0, 3000), "start the database", [this, from = uptime_ms()] {
        fleet_.server()->start_again();
        database_away_ = false;
        was_out_of_reach(from);
    });
}

void Troubles::was_out_of_reach(std::int64_t from) {
    chronicle_.deeds.database_out_of_reach.push_back({from, uptime_ms()});
}

bool Troubles::unplug_network() {
    const auto i = some_node([&](std::size_t n) { return fleet_.network_of(n) && !states_[n].disturbed; });
    if (!i) return false;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("unplug the network of {}", name));
    fleet_.network_of(*i)->unplug();
    if (fleet_.network_of(*i)->answers())
        chronicle_.complain(fmt::format("The network of {} was unplugged, and it answers.", name));
    states_[*i].disturbed = true;
    after(some_time(200, 8000), fmt::format("plug in the network of {}", name), [this, i = *i, from = uptime_ms()] {
        fleet_.network_of(i)->plug_in();
        states_[i].disturbed = false;
        was_out_of_reach(from);
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
          [this, i = *i, break_them, from = uptime_ms()] {
              if (break_them) fleet_.relay_of(i)->reset();
              fleet_.relay_of(i)->go_on();
              states_[i].disturbed = false;
              was_out_of_reach(from);
          });
    return true;
}

bool Troubles::fill_node_disk() {
    const auto i = some_node([&](std::size_t n) { return fleet_.disk_of(n).can_be_filled() && !states_[n].full; });
    if (!i) return false;
    const auto& name = fleet_.nodes()[*i].name();
    chronicle_.tell(fmt::format("fill the disk of {}", name));
    fleet_.disk_of(*i).fill();
    if (!fleet_.disk_of(*i).refuses()) chronicle_.tell(fmt::format("the disk of {} has some room again", name));
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
    if (!fleet_.disk_of_database().refuses()) chronicle_.tell("the disk of the database has some room again");
    database_full_ = true;
    after(some_time(500, 5000), "make room on the disk of the database", [this, from = uptime_ms()] {
        fleet_.disk_of_database().make_room();
        database_full_ = false;
        was_out_of_reach(from);
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
