// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace mf::testing {

/// For tests that wait for real processes.
inline SystemClock the_clock;

/// A clock that stands still until a test moves it. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start) : now_(start) {}
    Timestamp now() const override;
    bool wait_until(std::optional<Timestamp> moment, Nudge& nudge, std::stop_token stop) override;

    /// Moves the clock, in either direction, and wakes every waiting loop.
    void set(Timestamp moment);
    void advance(std::chrono::milliseconds by) { set(now() + by); }

private:
    mutable std::mutex mutex_;
    Timestamp now_;
    std::multiset<Nudge*> waiting_;
    int moves_ = 0;
    std::map<Nudge*, int> seen_;  // how many of them each loop knew when it last waited
};

}  // namespace mf::testing
