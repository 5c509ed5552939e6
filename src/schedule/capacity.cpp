// SPDX-License-Identifier: MIT
#include "schedule/capacity.h"

#include <algorithm>

namespace mf {

Capacity capacity_within(std::uint64_t descriptors, int wanted_slots) {
    // Sessions of the database, searching and removing deep directories, sockets, the log.
    constexpr std::uint64_t usual_reserve = 200;
    constexpr int of_running =
        5;  // its shim and the socket to it, the spool file, the work directory and the one around it
    constexpr int of_recorded = 5;  // the same: the shim waits for another job
    constexpr int most_unrecorded = 1000;
    const auto usable =
        static_cast<int>(std::min<std::uint64_t>(descriptors - std::min(usual_reserve, descriptors / 2), 1'000'000));
    Capacity out{.slots = std::clamp(usable / (of_running + of_recorded), 1, std::max(wanted_slots, 1))};
    out.unrecorded =
        std::max(out.slots, std::min(most_unrecorded, out.slots + (usable - of_running * out.slots) / of_recorded));
    return out;
}

}  // namespace mf
