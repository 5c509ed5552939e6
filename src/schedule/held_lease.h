// SPDX-License-Identifier: MIT
#pragma once

#include "store/queries/job_claim.h"
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
    /// Is the name still ours in this transaction, even if the lease is over? See mf::holds_name().
    bool holds_name(Session& session) const {
        const auto us = [&] {
            const std::lock_guard lock(mutex_);
            return identity_;
        }();
        return us && mf::holds_name(session, *us);
    }
    /// As whom jobs may be claimed in this transaction; none: they may not. See mf::may_claim().
    std::optional<NodeIdentity> claimant(Session& session) const {
        auto us = identity();
        return us && mf::may_claim(session, *us) ? us : std::nullopt;
    }
    /// How much longer a job may be started, which has been ours all the time since it was claimed; none: it may not. A
    /// lease that was over and was regained has another incarnation.
    std::optional<std::chrono::milliseconds> left_for(const ClaimedJob& claimed) const {
        const std::lock_guard lock(mutex_);
        const auto left = until_ - uptime_();
        if (!identity_ || left <= left.zero() || identity_->incarnation != claimed.incarnation) return std::nullopt;
        return left;
    }

private:
    const Uptime uptime_;
    mutable std::mutex mutex_;  // guards the rest
    std::optional<NodeIdentity> identity_;
    std::chrono::milliseconds until_{};
};

}  // namespace mf
