// SPDX-License-Identifier: MIT
#include "app/heartbeat.h"

#include "base/log.h"
#include "base/uptime.h"

#include <systemd/sd-daemon.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds noteworthy = 2s;  // of two clocks that differ

}  // namespace

Heartbeat::End Heartbeat::run(Nudge& nudge, std::stop_token stop) {
    const auto between = NodeClaim::between_heartbeats(lease_);
    // It changes when somebody sets the clock of the machine; then the others are to see the difference soon.
    const auto difference = [&] { return clock_.now().time_since_epoch() - uptime(); };
    auto before = difference();
    while (!stop.stop_requested()) {
        clock_.wait_until(clock_.now() + std::max(due_ - uptime(), 0ms), nudge, stop);
        const auto after = difference();
        if (uptime() < due_ && std::chrono::abs(after - before) < 1s) continue;
        before = after;
        due_ = uptime() + between;
        // A database that refuses is no reason to be killed: the jobs would be lost with the server.
        ::sd_notify(0, "WATCHDOG=1");
        try {
            if (const auto end = beat_and_look()) return *end;
        } catch (const sql::DatabaseError& error) {
            log::warning("cannot tell that this node lives", {{"error", error.what()}});
        }
    }
    return End::stop;
}

/// None: the server goes on.
std::optional<Heartbeat::End> Heartbeat::beat_and_look() {
    const auto beat = claim_.beat(clock_);
    if (!beat) {
        log::error("ending: this node is no longer ours", {{"reason", beat.error().message}});
        return End::name_taken;
    }
    if (*beat == NodeClaim::Beat::regained)
        log::warning("the lease of this node had run out: jobs may have been declared lost meanwhile");
    compare_clocks();
    if (dispatcher_) {
        dispatcher_->end_disowned();
        if (const auto confirmed = confirm_key_(); !confirmed) {
            log::error("ending: this server cannot open secrets any more", {{"reason", confirmed.error().message}});
            return End::key_replaced;
        }
    }
    reaper_.look(uptime());
    return std::nullopt;
}

void Heartbeat::compare_clocks() {
    const bool differ = std::chrono::abs(claim_.clock_offset()) > noteworthy;
    if (std::exchange(clocks_differ_, differ) == differ) return;
    if (differ)
        log::warning("the clock of this machine is not that of the database: schedules are kept by this one",
                     {{"ahead_by_ms", claim_.clock_offset().count()}});
    else
        log::info("the clock of this machine agrees with that of the database");
}

}  // namespace mf
