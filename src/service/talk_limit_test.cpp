// SPDX-License-Identifier: MIT
#include "service/talk_limit.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("so many calls ask other machines at a time, few of them of one user") {
    const auto limit = TalkLimit::of(3, 2);
    const Id<User> anna{1}, bert{2};
    auto first = limit->take(anna);
    const auto second = limit->take(anna);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(limit->take(anna).error().code == ErrorCode::limited);
    const auto other = limit->take(bert);
    REQUIRE(other);
    CHECK(limit->take(bert).error().message ==
          "As many calls as may ask other machines at a time are under way; try again in some seconds.");
    first = Error{};
    CHECK(limit->take(bert));
    // That one was given back at once.
    CHECK(limit->take(anna));
}

TEST_CASE("one call may always ask") { CHECK(TalkLimit::of(0)->take({1})); }
