// SPDX-License-Identifier: MIT
#include "schedule/reaper.h"

#include "store/sql/clock.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

/// Time of the database is the real one here; a lease that is over is made by moving the row of the node.
struct Fleet : testing::Queue {
    Fleet() : testing::Queue(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())) {
        const Node self{.name = "node", .roles = "executor", .boot = "b", .host = "h", .environment = "{}"};
        database.write([&](Session& session) { take_node(session, self, std::nullopt, moment, 1h); });
        job = launch(add_run_template(), moment).id;
        REQUIRE(claim(100, moment).size() == 1);
    }
    void age(std::chrono::milliseconds by) {
        database.write([&](Session& session) {
            session.sql.execute(R"(UPDATE "node" SET "seen_at" = "seen_at" - ?, "lease_until" = "lease_until" - ?)",
                                {std::int64_t{by.count()}, std::int64_t{by.count()}});
        });
    }
    bool is_lost() { return get(job).state == JobState::lost; }
    /// Looks every 10 seconds.
    void look(Reaper& reaper, int times) {
        for (int i = 0; i < times; ++i) reaper.look(passed += 10s);
    }
    Reaper reaper(std::string own_node = "other") {
        return {database, {.own_node = std::move(own_node), .lease = 60s}, [this] { ++freed; }};
    }

    Id<Job> job;
    std::chrono::milliseconds passed = 1h;
    int freed = 0;
};

}  // namespace

TEST_CASE("jobs are lost when the lease is over and the node was watched being silent for as long") {
    Fleet fleet;
    auto reaper = fleet.reaper();
    fleet.age(61min);
    fleet.look(reaper, 360);
    CHECK_FALSE(fleet.is_lost());
    fleet.look(reaper, 1);
    CHECK(fleet.is_lost());
    CHECK(fleet.freed == 1);
    fleet.look(reaper, 3);
    CHECK(fleet.freed == 1);
}

TEST_CASE("nothing is lost while the lease lasts, however long the node was watched") {
    Fleet fleet;
    auto reaper = fleet.reaper();
    fleet.look(reaper, 1000);
    CHECK_FALSE(fleet.is_lost());
    // Another heart-beat is another thing to watch, even if it is an old one.
    fleet.age(61min);
    fleet.look(reaper, 1);
    CHECK_FALSE(fleet.is_lost());
    fleet.look(reaper, 360);
    CHECK(fleet.is_lost());
}

TEST_CASE("a server leaves the jobs of its own node to its dispatcher") {
    Fleet fleet;
    auto reaper = fleet.reaper("node");
    fleet.age(61min);
    fleet.look(reaper, 1000);
    CHECK_FALSE(fleet.is_lost());
}
