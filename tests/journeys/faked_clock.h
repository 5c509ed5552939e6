// SPDX-License-Identifier: MIT
#pragma once

#include "journeys/installation.h"

namespace mf::testing {

/// The clock of all programs of an installation, in the test's hand (libfaketime). It stands still between steps.
/// Only the wall clock: what is measured in the steady clock passes as it does.
class FakedClock {
public:
    /// To be made before the server is started. Times are of the zone Europe/Prague: "2026-06-01 10:00:30".
    FakedClock(Installation& installation, std::string_view time);
    /// False (with a message) where libfaketime is not installed.
    bool available() const { return available_; }
    /// Moves the clock and tells the server to look at it, as a running one would within a moment.
    void set(std::string_view time);
    void set_utc(std::string_view time);
    /// Waits until the running server has noticed; for steps of at least half a minute, and backwards.
    void wait_until_seen() const;

private:
    Installation& installation_;
    std::filesystem::path file_;
    bool available_ = false;
};

}  // namespace mf::testing
