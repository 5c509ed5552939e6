// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mf {

/// What fits into a number of descriptors.
struct Capacity {
    int slots = 0;       ///< jobs that run at the same time; at least one
    int unrecorded = 0;  ///< these, and those that have ended and wait for the database
};
/// At most so many slots as are wanted.
Capacity capacity_within(std::uint64_t descriptors, int wanted_slots);

}  // namespace mf
