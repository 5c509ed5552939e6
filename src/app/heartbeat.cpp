// SPDX-License-Identifier: MIT
#include "app/heartbeat.h"

#include "app/database_advice.h"
#include "base/log.h"
#include "base/uptime.h"

#include <systemd/sd-daemon.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds noteworthy = 2s;  // of two clocks that differ

/// How long a refusal must last that no waiting cures. While a failover or a restore of the database is under way it
/// may tell what is not true in the end; before the lease is over the jobs of this node are its own in any case.
constexpr std::chrono::milliseconds longest_doubt = 60s;

}  // namespace

Heartbeat::End Heartbeat::run(Nudge& nudge, std::stop_token stop) {
    const auto between = NodeClaim::between_heartbeats(settings_.lease);
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
            if (!may_pass(error)) return End::refused;
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
    refused_since_.reset();
    if (std::exchange(failing_, std::nullopt)) log::info("this node can tell again that it lives");
    compare_clocks();
    if (dispatcher_) {
        dispatcher_->end_disowned();
        if (const auto confirmed = confirm_key_(); !confirmed) {
            log::error("ending: this server cannot open secrets any more", {{"reason", confirmed.error().message}});
            return End::key_replaced;
        }
    }
    reaper_.look(uptime());
    housekeeper_.look(uptime());
    return std::nullopt;
}

/// False: there is no use in waiting any longer.
bool Heartbeat::may_pass(const sql::DatabaseError& error) {
    const auto doubt = std::min<std::chrono::milliseconds>(longest_doubt, settings_.lease / 2);
    const bool lasts = lasts_until_changed(error);
    if (!lasts)
        refused_since_.reset();
    else if (!refused_since_)
        refused_since_ = uptime();
    const auto why = told(error, settings_);
    if (std::exchange(failing_, error.cause) != error.cause) {
        if (lasts)
            log::error("the database refuses this server, which ends when that lasts",
                       {{"error", why}, {"seconds", std::chrono::duration<double>(doubt).count()}});
        else
            log::warning("cannot tell that this node lives", {{"error", why}});
    }
    if (!lasts || uptime() - *refused_since_ < doubt) return true;
    log::error("ending: the database goes on refusing this server; jobs go on without it", {{"reason", why}});
    return false;
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
