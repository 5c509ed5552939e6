// SPDX-License-Identifier: MIT
#include "schedule/event_poller.h"

#include "base/log.h"
#include "store/queries/source_change.h"

#include <algorithm>
#include <utility>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// How often it looks for what was set up or enabled since.
constexpr auto look_anyway = 5s;
/// After trouble with the own database.
constexpr auto pause_after_trouble = 1s;

}  // namespace

void EventPoller::run(std::stop_token stop) {
    bool failing = false;
    while (!stop.stop_requested()) {
        auto next = clock_.now() + pause_after_trouble;
        try {
            next = step(stop);
            if (std::exchange(failing, false)) log::info("event sources are looked at again");
        } catch (const std::exception& error) {
            if (!std::exchange(failing, true))
                log::error("cannot look at event sources, will try again", {{"error", error.what()}});
        }
        clock_.wait_until(next, nudge_, stop);
    }
    for (auto& [source, look] : looks_) look.thread.request_stop();
    looks_.clear();
}

Timestamp EventPoller::step(std::stop_token stop) {
    join_ended();
    const auto now = clock_.now();
    auto next = now + look_anyway;
    for (const auto& source :
         database_.read([&](Session& session) { return sources_to_look_at(session, reader_.holder()); })) {
        if (looks_.contains(source.id.value)) continue;
        if (source.due > now) {
            next = std::min(next, source.due);
            continue;
        }
        const bool failing = source.failures > 0;
        const auto others = std::ranges::count_if(looks_, [](const auto& look) { return look.second.failing; });
        // One that ends makes room, and wakes this thread.
        if (looks_.size() >= most_threads || (failing && std::cmp_greater_equal(others, most_failing))) continue;
        begin_look(source.id, failing);
    }
    launcher_.launch_due(stop);
    if (const auto attempt = launcher_.next()) next = std::min(next, *attempt);
    return next;
}

void EventPoller::begin_look(Id<EventSource> source, bool failing) {
    looks_[source.value] = {failing, std::jthread([this, source](std::stop_token stop) {
                                try {
                                    reader_.look(source, stop);
                                } catch (const std::exception& error) {
                                    log::error(
                                        "changes of an event source could not be taken over; it is looked at again",
                                        {{"source", source.value}, {"error", error.what()}});
                                    Nudge nobody;
                                    clock_.wait_until(clock_.now() + pause_after_trouble, nobody, stop);
                                }
                                ended_.lock()->push_back(source.value);
                                nudge_.notify();
                            })};
}

void EventPoller::join_ended() {
    for (const auto source : std::exchange(*ended_.lock(), {})) looks_.erase(source);
}

}  // namespace mf
