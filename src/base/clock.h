// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/value.h"

#include <optional>
#include <stop_token>

namespace mf {

/// Wakes one waiting loop. Many notifications before the wait count as one;
/// none is lost. notify() may be called from every thread and from signal handlers.
class Nudge {
public:
    Nudge();
    void notify() noexcept;
    /// Takes back a pending notification; true if there was one.
    bool consume() noexcept;
    int descriptor() const { return event_.get(); }  ///< readable while a notification is pending

private:
    Descriptor event_;
};

/// Time is an input: whoever needs it takes a Clock, tests hand in a ManualClock.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
    /// Sleeps until the moment, a nudge, a stop request, or a step of the machine's clock, whichever is first.
    /// May return early for no reason; callers look at the clock again. Consumes the nudge; true if there was one.
    virtual bool wait_until(std::optional<Timestamp> moment, Nudge& nudge, std::stop_token stop) = 0;
};

/// The clock of the machine. Thread-safe.
class SystemClock final : public Clock {
public:
    Timestamp now() const override;
    bool wait_until(std::optional<Timestamp> moment, Nudge& nudge, std::stop_token stop) override;
};

}  // namespace mf
