// SPDX-License-Identifier: MIT
// Several planners on one database.
#include "schedule/planner.h"

#include "base/time_text.h"
#include "support/manual_clock.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <atomic>
#include <thread>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

TEST_CASE("planners at the same time, of which some begin anew, plan each slot once and none not at all") {
    testing::Queue queue(test_time);
    constexpr int origins = 300, minutes = 4;
    for (int i = 0; i < origins; ++i)
        queue.add_run_template([&](RunTemplate& r) {
            r.name = fmt::format("Run {}", i);
            r.interv = "i";
            r.overlap = Overlap::parallel;
            r.catch_up = CatchUp::all;
            r.next_slot = r.next_launch = test_time + 1min;
        });
    testing::ManualClock clock(test_time);
    std::atomic<int> told = 0;
    const auto plan = [&] {
        // A database of its own, as another program has.
        Database database(queue.database.address());
        Nudge nudge;
        while (clock.now() < test_time + std::chrono::minutes(minutes) ||
               queue.number(R"(SELECT COUNT(*) FROM "runtemplate" WHERE "next_launch" <= ?)",
                            {std::int64_t{clock.now().time_since_epoch().count()}}) > 0) {
            Planner planner(database, clock, {Zone::utc(), queue.user}, nudge, [&] { ++told; });
            planner.plan_due();
        }
    };
    {
        std::vector<std::jthread> planners;
        for (int i = 0; i < 3; ++i) planners.emplace_back(plan);
        for (int minute = 1; minute <= minutes; ++minute) {
            clock.set(test_time + std::chrono::minutes(minute));
            // Not before the first of them are planned; the others then meet the next minute.
            while (queue.number(R"(SELECT COUNT(*) FROM "job" WHERE "slot" = ?)",
                                {std::int64_t{clock.now().time_since_epoch().count()}}) == 0)
                std::this_thread::yield();
        }
    }
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "job")") == origins * minutes);
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "schedule")") == origins * minutes);
    for (int minute = 1; minute <= minutes; ++minute)
        CHECK(queue.number(R"(SELECT COUNT(DISTINCT "runtemplate_id") FROM "job" WHERE "slot" = ?)",
                           {std::int64_t{(test_time + std::chrono::minutes(minute)).time_since_epoch().count()}}) ==
              origins);
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "runtemplate" WHERE "skipped_slots" > 0 OR "fault" <> '')") == 0);
    CHECK(told > 0);
}
