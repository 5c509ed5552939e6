// SPDX-License-Identifier: MIT
// Taking troubles away again, and keeping servers running.
#include "chaos/troubles.h"

#include <fmt/format.h>
#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace mf::chaos {
namespace {

using namespace std::chrono_literals;

}  // namespace

void Troubles::start_server(std::size_t node) {
    states_[node] = {.marked_point = states_[node].marked_point,
                     .started = uptime_ms(),
                     .disturbed = states_[node].disturbed,
                     .full = states_[node].full,
                     .skew = states_[node].skew};
    fleet_.nodes()[node].start(roles_, states_[node].marked_point);
    chronicle_.tell(fmt::format("start {} (process {})", fleet_.nodes()[node].name(), fleet_.nodes()[node].pid()));
    if (states_[node].marked_point.empty()) return;
    // One that never comes to its point goes back to ordinary life. Shims are armed as long as their server.
    after(some_time(1500, 6000), fmt::format("no more marked points for {}", fleet_.nodes()[node].name()),
          [this, node, pid = fleet_.nodes()[node].pid()] {
              Node& armed = fleet_.nodes()[node];
              if (!armed.is_up() || armed.pid() != pid) return;
              armed.signal(SIGKILL);
              armed.has_ended(10s);
              ++chronicle_.deeds.servers_killed;
              has_gone(node);
              states_[node].start_at = chronicle_.elapsed();
          });
}

void Troubles::has_gone(std::size_t node) {
    State& state = states_[node];
    if (state.marked_point.starts_with("shim-"))
        chronicle_.deeds.armed.push_back({fleet_.nodes()[node].name(), state.started, uptime_ms()});
    state.marked_point.clear();
    state.frozen = state.stopping = false;
}

void Troubles::look_at_end(std::size_t node, int code) {
    const auto& name = fleet_.nodes()[node].name();
    chronicle_.tell(fmt::format("{} has ended with the code {}", name, code));
    const bool marked = !states_[node].marked_point.empty() && code == 128 + SIGKILL;
    if (marked) ++chronicle_.deeds.marked_points;
    // Who is told to stop before the program has got so far that it hears of it is just ended.
    const bool early = states_[node].stopping && code == 128 + SIGTERM && !fleet_.nodes()[node].is_ready();
    if (code >= 128 && !marked && !early)
        chronicle_.complain(fmt::format("{} was ended by the signal {}.", name, code - 128));
    if (!states_[node].stopping && code == 0) chronicle_.complain(fmt::format("{} ended without a reason.", name));
    has_gone(node);
    states_[node].start_at = chronicle_.elapsed() + some_time(200, 2000);
}

void Troubles::tend() {
    const auto now = chronicle_.elapsed();
    for (std::size_t i = 0; i < cares_.size(); ++i) {
        if (cares_[i].at > now) continue;
        const auto care = std::move(cares_[i]);
        cares_.erase(cares_.begin() + static_cast<std::ptrdiff_t>(i--));
        chronicle_.tell(care.text);
        care.take_away();
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
        Node& node = fleet_.nodes()[i];
        if (!node.is_up()) {
            if (now >= states_[i].start_at) start_server(i);
        } else if (const auto code = node.has_ended()) {
            look_at_end(i, *code);
        } else if (states_[i].stopping && !states_[i].frozen && now > states_[i].stop_by) {
            chronicle_.complain(fmt::format("{} did not stop in time.", node.name()));
            node.signal(SIGKILL);
            node.has_ended(10s);
            has_gone(i);
            states_[i].start_at = now;
        }
    }
}

void Troubles::heal() {
    chronicle_.tell("everything is put in order");
    // In the order of their times: what was done twice is undone in turn.
    std::ranges::stable_sort(cares_, {}, &Care::at);
    for (const auto& care : std::exchange(cares_, {})) {
        chronicle_.tell(care.text);
        care.take_away();
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
        states_[i].start_at = 0ms;
        if (!fleet_.nodes()[i].is_up()) states_[i].marked_point.clear();
    }
    tend();
}

void Troubles::stop_servers() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        Node& node = fleet_.nodes()[i];
        if (!node.is_up()) continue;
        // Before it is ready it would just be ended.
        std::optional<int> before;
        testing::comes_true([&] { return node.is_ready() || (before = node.has_ended()); }, 180s);
        if (before) {
            look_at_end(i, *before);
            continue;
        }
        node.signal(SIGTERM);
        const auto code = node.has_ended(180s);
        has_gone(i);
        if (code != 0)
            chronicle_.complain(fmt::format("{} was to stop while everything was in order; {}.", node.name(),
                                            code ? fmt::format("it ended with the code {}", *code)
                                                 : std::string("it did not end within three minutes")));
        if (code) continue;
        node.signal(SIGKILL);
        node.has_ended(10s);
    }
    ++chronicle_.deeds.servers_stopped;
}

void Troubles::start_anew(std::string_view roles) {
    stop_servers();
    roles_ = roles;
    for (std::size_t i = 0; i < states_.size(); ++i) {
        start_server(i);
        Node& node = fleet_.nodes()[i];
        // One after the other: the first one makes what all share.
        if (!testing::comes_true([&] { return node.is_ready() || node.has_ended(); }, 180s) || !node.is_up())
            throw std::runtime_error(
                fmt::format("{} does not start:\n{}", node.name(), testing::file_content(node.log_file())));
    }
}

}  // namespace mf::chaos
