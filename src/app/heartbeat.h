// SPDX-License-Identifier: MIT
#pragma once

#include "app/node_claim.h"
#include "schedule/dispatcher.h"
#include "schedule/reaper.h"

namespace mf {

/// The main thread of a server: it says that the node lives, sees whether its jobs are still its own, and declares jobs
/// of dead nodes lost.
class Heartbeat {
public:
    /// The lease is that of the claim; without a dispatcher (null) this server runs no jobs. Everything must outlive
    /// it.
    /// `confirm_key` says whether the key of a server that runs jobs is still that of the database.
    Heartbeat(NodeClaim& claim, Dispatcher* dispatcher, Reaper& reaper, Clock& clock, std::chrono::milliseconds lease,
              std::function<Result<void>()> confirm_key)
        : claim_(claim),
          dispatcher_(dispatcher),
          reaper_(reaper),
          clock_(clock),
          lease_(lease),
          confirm_key_(std::move(confirm_key)) {}

    enum class End {
        stop,         ///< as requested
        name_taken,   ///< another server has the name of this node, and its jobs
        key_replaced  ///< secrets are sealed with another key than ours now
    };
    /// Returns at a stop request, or when the node is not ours any more. It may be run again, to go on.
    End run(Nudge& nudge, std::stop_token stop);

private:
    std::optional<End> beat_and_look();
    void compare_clocks();

    NodeClaim& claim_;
    Dispatcher* const dispatcher_;
    Reaper& reaper_;
    Clock& clock_;
    const std::chrono::milliseconds lease_;
    const std::function<Result<void>()> confirm_key_;
    std::chrono::milliseconds due_{};  ///< of uptime(); the first one at once
    bool clocks_differ_ = false;
};

}  // namespace mf
