// SPDX-License-Identifier: MIT
#pragma once

#include "schedule/silence_watch.h"

namespace mf {

/// Declares jobs lost whose node is gone: its lease is over by the clock of the database, and this server has watched
/// it being silent for just as long (SilenceWatch). Every server does this, at each heart-beat; that several do it at
/// the same time does no harm. What such a node had claimed is never given back to the queue: it may have started it.
class Reaper {
public:
    struct Facts {
        std::string own_node;             ///< its jobs are the business of the dispatcher; empty: we run none
        std::chrono::milliseconds lease;  ///< of this server
    };
    /// `freed` is called after jobs were declared lost: others may go now.
    Reaper(Database& database, Facts facts, std::function<void()> freed);

    /// To be called several times within a lease; `uptime` is that of base/uptime.h. Throws sql::DatabaseError.
    void look(std::chrono::milliseconds uptime);

private:
    void declare(const JobHolder& holder);

    Database& database_;
    const Facts facts_;
    const std::function<void()> freed_;
    SilenceWatch watch_;
};

}  // namespace mf
