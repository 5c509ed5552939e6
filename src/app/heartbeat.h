// SPDX-License-Identifier: MIT
#pragma once

#include "app/node_claim.h"
#include "schedule/dispatcher.h"
#include "schedule/housekeeper.h"
#include "schedule/reaper.h"

namespace mf {

/// The main thread of a server: it says that the node lives, sees whether its jobs are still its own, and declares jobs
/// of dead nodes lost; and once an hour it removes what counts no longer.
class Heartbeat {
public:
    /// Without a dispatcher (null) this server runs no jobs. `confirm_key` says whether the key of one that does is
    /// still that of the database. Everything must outlive it.
    Heartbeat(NodeClaim& claim, Dispatcher* dispatcher, Reaper& reaper, Housekeeper& housekeeper, Clock& clock,
              const Settings& settings, std::function<Result<void>()> confirm_key)
        : claim_(claim),
          dispatcher_(dispatcher),
          reaper_(reaper),
          housekeeper_(housekeeper),
          clock_(clock),
          settings_(settings),
          confirm_key_(std::move(confirm_key)) {}

    enum class End {
        stop,          ///< as requested
        name_taken,    ///< another server has the name of this node, and its jobs
        key_replaced,  ///< secrets are sealed with another key than ours now
        refused        ///< the database goes on refusing this server until somebody changes it or the settings
    };
    /// Returns at a stop request, when the node is not ours any more, or when there is no use in going on. It may be
    /// run again, to go on.
    End run(Nudge& nudge, std::stop_token stop);

private:
    std::optional<End> beat_and_look();
    bool may_pass(const sql::DatabaseError& error);
    void compare_clocks();

    NodeClaim& claim_;
    Dispatcher* const dispatcher_;
    Reaper& reaper_;
    Housekeeper& housekeeper_;
    Clock& clock_;
    const Settings& settings_;
    const std::function<Result<void>()> confirm_key_;
    std::chrono::milliseconds due_{};  ///< of uptime(); the first one at once
    bool clocks_differ_ = false;
    std::optional<sql::DatabaseError::Cause> failing_;        ///< of the last heart-beat, if it failed
    std::optional<std::chrono::milliseconds> refused_since_;  ///< of uptime(), without a break
};

}  // namespace mf
