// SPDX-License-Identifier: MIT
#pragma once

#include "store/queries/node_lease.h"

#include <mutex>

namespace mf {

/// The lease of this server as it knows it itself: a server that could not renew it in time stops claiming and starting
/// jobs before others may declare them lost. Thread-safe.
class HeldLease {
public:
    /// The clock of base/uptime.h, or that of a test.
    using Uptime = std::function<std::chrono::milliseconds()>;
    explicit HeldLease(Uptime uptime) : uptime_(std::move(uptime)) {}

    /// `until`: a moment of that clock, not later than what the database was told.
    void renewed(NodeIdentity identity, std::chrono::milliseconds until) {
        const std::lock_guard lock(mutex_);
        identity_ = std::move(identity);
        until_ = until;
    }
    /// None: it is over, or there is none as yet.
    std::optional<NodeIdentity> identity() const {
        const std::lock_guard lock(mutex_);
        if (!identity_ || uptime_() >= until_) return std::nullopt;
        return identity_;
    }
    /// May jobs be claimed in this transaction? See mf::may_claim().
    bool may_claim(Session& session) const {
        const auto us = identity();
        return us && mf::may_claim(session, *us);
    }

private:
    const Uptime uptime_;
    mutable std::mutex mutex_;  // guards the rest
    std::optional<NodeIdentity> identity_;
    std::chrono::milliseconds until_{};
};

}  // namespace mf
