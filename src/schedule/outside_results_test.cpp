// SPDX-License-Identifier: MIT
#include "schedule/outside_results.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("a file that jobs of two companies name at the same time is nobody's") {
    OutsideResults all;
    const Id<Company> one{1}, other{2};
    const auto first = all.begin("/tmp/report.json", one);
    const auto same_company = all.begin("/tmp/report.json", one);
    const auto another_file = all.begin("/tmp/other.json", other);
    CHECK_FALSE(all.is_shared(*first));
    auto foreign = all.begin("/tmp/./report.json", other);
    for (const auto& use : {first, same_company, foreign}) CHECK(all.is_shared(*use));
    CHECK_FALSE(all.is_shared(*another_file));
    // It may have written before it ended.
    foreign.reset();
    CHECK(all.is_shared(*first));
    CHECK_FALSE(all.is_shared(*all.begin("/tmp/other.json", other)));
    CHECK(all.is_shared(*all.begin("/tmp/report.json", other)));
}
