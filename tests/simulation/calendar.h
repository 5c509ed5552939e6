// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <string>
#include <vector>

namespace mf::simulation {

/// When something is to run, in words of its own: what the checker computes slots with, from the rules of
/// doc/scheduling.md and the time zones of the C library. Nothing of the program's own calendar is in it.
struct Timetable {
    enum class Kind {
        passing,  ///< follows real time: nothing inside a gap of the clocks, both passes of a repeated hour
        of_day    ///< times of day: inside a gap at its end, a repeated one at the first pass
    };
    Kind kind = Kind::of_day;
    std::vector<int> hours, minutes;  ///< all multiples of five minutes
    std::vector<int> weekdays = {};   ///< 0 is Sunday; empty: every day
    int day_of_month = 0;             ///< 0: every day; a shorter month runs on its last one
    std::string zone;                 ///< empty: that of the server
    std::chrono::seconds delay{}, jitter{};

    // The same in the words of a run template.
    std::string interv, cron, anchor;

    /// Moments of launch for (after, until], as slots, in order.
    std::vector<Timestamp> slots(Timestamp after, Timestamp until, const std::string& server_zone) const;
    /// From a slot to its launch, for a run template of this number.
    std::chrono::milliseconds offset(std::int64_t run_template) const;
};

/// Reads the time zones that are used; before any thread is started.
void read_zones(const std::vector<std::string>& names, Timestamp from, Timestamp until);

}  // namespace mf::simulation
