// SPDX-License-Identifier: MIT
// Leases of nodes while several sessions are at work.
#include "base/time_text.h"
#include "store/queries/node_lease.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <atomic>
#include <thread>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

constexpr auto lease_of_server = 120s;

Node server_with(std::int64_t pid) {
    return {.name = "node", .roles = "executor", .pid = pid, .boot = "b", .host = "h", .environment = "{}"};
}

}  // namespace

TEST_CASE("of servers that take a name at the same moment one gets it") {
    testing::Queue queue(test_time);
    for (int round = 0; round < 10; ++round) {
        const auto before = queue.database.read([](Session& session) { return find_node(session, "node"); });
        std::atomic<int> won = 0;
        {
            std::vector<std::jthread> servers;
            for (int i = 0; i < 4; ++i)
                servers.emplace_back([&, i] {
                    won += queue.database
                               .write([&](Session& session) {
                                   return take_node(session, server_with(i), before,
                                                    test_time + std::chrono::seconds(round), lease_of_server);
                               })
                               .has_value();
                });
        }
        CHECK(won == 1);
    }
}

TEST_CASE("a lease that is renewed at the moment at which jobs are declared lost: one of both, and all agree") {
    int renewed = 0;
    for (int round = 0; round < 10; ++round) {
        testing::Queue queue(test_time);
        const auto us = queue.database.write([&](Session& session) {
            return take_node(session, server_with(1), std::nullopt, test_time, lease_of_server).value();
        });
        const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
        for (int i = 0; i < 10; ++i) queue.launch(origin, test_time);
        REQUIRE(queue.claim().size() == 10);
        const auto holder = queue.database.read([](Session& session) { return job_holders(session); }).at(0);
        Renewal renewal{};
        std::size_t lost = 0;
        {
            std::jthread beats([&] {
                // By the clock of the database this is a moment before the end of the lease …
                renewal = queue.database.write([&](Session& session) {
                    return renew_lease(session, us, test_time + lease_of_server - 1ms, lease_of_server, 0ms);
                });
            });
            std::jthread reaps([&] {
                // … and this a moment after it.
                lost = queue.database.write(
                    [&](Session& session) { return declare_lost(session, holder, test_time + lease_of_server, 100); });
            });
        }
        // Who comes second finds what the first has done.
        CHECK((renewal == Renewal::renewed || lost == 10));
        CHECK((lost == 0 || lost == 10));
        CHECK(queue.number(R"(SELECT COUNT(*) FROM "job" WHERE "state" = 'lost')") == static_cast<std::int64_t>(lost));
        renewed += renewal == Renewal::renewed && lost == 0;
    }
    MESSAGE(renewed, " of 10 were renewed first");
}

TEST_CASE("a node that is told to drain claims nothing once that is done") {
    testing::Queue queue(test_time);
    const auto us = queue.database.write([&](Session& session) {
        return take_node(session, server_with(1), std::nullopt, test_time, lease_of_server).value();
    });
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
    for (int i = 0; i < 200; ++i) queue.launch(origin, test_time);
    std::atomic<bool> drained = false;
    std::atomic<int> claimed = 0, too_late = 0;
    {
        std::jthread claims([&](std::stop_token stop) {
            while (!stop.stop_requested() && claimed < 200) {
                const bool was_drained = drained;
                const auto taken = queue.database.write([&](Session& session) {
                    return may_claim(session, us) ? claim_due(session, "node", test_time, 1)
                                                  : std::vector<ClaimedJob>();
                });
                claimed += static_cast<int>(taken.size());
                if (was_drained) {
                    too_late += static_cast<int>(taken.size());
                    return;
                }
            }
        });
        while (claimed < 5) std::this_thread::yield();
        queue.database.write([](Session& session) {
            session.sql.execute(R"(UPDATE "node" SET "draining" = ? WHERE "name" = 'node')", {true});
        });
        drained = true;
    }
    CHECK(too_late == 0);
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "job" WHERE "state" = 'claimed')") == claimed.load());
}
