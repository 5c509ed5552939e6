// SPDX-License-Identifier: MIT
#include "schedule/capacity.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("slots and jobs that wait for the database fit into the descriptors") {
    for (const std::uint64_t descriptors : {0U, 20U, 64U, 256U, 1024U, 4096U, 1U << 20}) {
        const auto [slots, unrecorded] = capacity_within(descriptors, 300);
        CHECK(slots >= 1);
        CHECK(slots <= 300);
        CHECK(unrecorded >= slots);
        CHECK(unrecorded <= 1000);
        if (descriptors >= 64) CHECK(static_cast<std::uint64_t>(5 * unrecorded) < descriptors);
    }
    CHECK(capacity_within(1024, 16).slots == 16);
    CHECK(capacity_within(1024, 300).slots == 82);
    CHECK(capacity_within(4096, 300).slots == 300);
    CHECK(capacity_within(1 << 20, 10'000).unrecorded == 10'000);
}
