// SPDX-License-Identifier: MIT
#include "schedule/housekeeper.h"

#include "store/queries/job_change.h"
#include "support/manual_clock.h"
#include "support/moment.h"
#include "support/world.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

TEST_CASE("old attempts are removed at the start and once an hour") {
    testing::World world(testing::test_time);
    testing::ManualClock clock(testing::test_time);
    Housekeeper housekeeper(world.database, clock);
    const auto left_after_look = [&](std::chrono::milliseconds uptime) {
        world.database.write([](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "sign_in_attempt" ("at", "login", "address_group") VALUES (0, 'alice', 'unknown'))");
        });
        housekeeper.look(uptime);
        return world.number(R"(SELECT COUNT(*) FROM "sign_in_attempt")");
    };
    CHECK(left_after_look(5s) == 0);
    CHECK(left_after_look(59min) == 1);
    CHECK(left_after_look(1h + 5s) == 0);
}

TEST_CASE("changes of jobs are removed after a day") {
    testing::World world(testing::test_time);
    testing::ManualClock clock(testing::test_time);
    Housekeeper housekeeper(world.database, clock);
    for (const auto id : {1, 2, 3}) void_change(world.database, id, testing::test_time - (id < 3 ? 25h : 23h));
    housekeeper.look(5s);
    CHECK(world.number(R"(SELECT MIN("id") FROM "job_change")") == 3);
}
