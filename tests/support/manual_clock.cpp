// SPDX-License-Identifier: MIT
#include "support/manual_clock.h"

#include <poll.h>
#include <utility>

namespace mf::testing {

Timestamp ManualClock::now() const {
    const std::lock_guard lock(mutex_);
    return now_;
}

void ManualClock::set(Timestamp moment) {
    const std::lock_guard lock(mutex_);
    now_ = moment;
    ++moves_;
    for (Nudge* nudge : waiting_) nudge->notify();
}

bool ManualClock::wait_until(std::optional<Timestamp> moment, Nudge& nudge, std::stop_token stop) {
    const std::stop_callback on_stop(stop, [&] { nudge.notify(); });
    {
        const std::lock_guard lock(mutex_);
        // A move that came while the loop was working must be looked at, too.
        const bool moved = std::exchange(seen_[&nudge], moves_) != moves_;
        if (moved || (moment && *moment <= now_)) return nudge.consume();
        waiting_.insert(&nudge);
    }
    pollfd watched{nudge.descriptor(), POLLIN, 0};
    ::poll(&watched, 1, -1);
    const bool nudged = nudge.consume();
    const std::lock_guard lock(mutex_);
    waiting_.erase(waiting_.find(&nudge));
    seen_[&nudge] = moves_;
    return nudged;
}

}  // namespace mf::testing
