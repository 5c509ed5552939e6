// SPDX-License-Identifier: MIT
#include "probe/checks.h"
#include "settings_of.h"

#include <doctest/doctest.h>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>

using namespace mf::probe;
using namespace mf::probe::testing;
using std::chrono::milliseconds;

TEST_CASE("observations come in the order of the tasks, whatever finishes first") {
    const auto second_done = std::make_shared<std::latch>(1);
    const auto seen = run({{"a", "1", milliseconds(60000),
                            [=] {
                                second_done->wait();
                                return Finding{.message = "one"};
                            }},
                           {"b", "2", milliseconds(60000), [=] {
                                second_done->count_down();
                                return Finding{.message = "two"};
                            }}});
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].finding.message == "one");
    CHECK(seen[1].finding.message == "two");
    CHECK(seen[1].target == "2");
}

TEST_CASE("as many tasks run at a time as allowed, and no more") {
    struct Crowd {
        std::mutex mutex;
        std::condition_variable changed;
        int now = 0;
        int most = 0;
    };
    const auto crowd = std::make_shared<Crowd>();
    const Task task{"a", "", milliseconds(60000), [=] {
                        std::unique_lock lock(crowd->mutex);
                        crowd->most = std::max(crowd->most, ++crowd->now);
                        crowd->changed.notify_all();
                        // Time enough for one too many to come in.
                        crowd->changed.wait_for(lock, milliseconds(50), [&] { return crowd->most > 2; });
                        --crowd->now;
                        return Finding{};
                    }};
    CHECK(run(std::vector<Task>(8, task), 2).size() == 8);
    CHECK(crowd->most == 2);
}

TEST_CASE("a task that throws is unknown") {
    const auto seen = run({{"a", "", milliseconds(60000), []() -> Finding { throw std::runtime_error("broken"); }}});
    CHECK(seen.at(0).finding.state == State::unknown);
    CHECK(seen.at(0).finding.message == "broken");
}

TEST_CASE("a task that hangs is left behind and does not hold up the others") {
    const auto release = std::make_shared<std::latch>(1);
    const auto seen = run({{"hangs", "", milliseconds(50),
                            [=] {
                                release->wait();
                                return Finding{};
                            }},
                           {"fine", "", milliseconds(60000), [] { return Finding{}; }}},
                          1);
    release->count_down();
    CHECK(seen.at(0).finding.state == State::unknown);
    CHECK(seen.at(0).finding.message == "There was no result within 0.05 seconds.");
    CHECK(seen.at(1).finding.state == State::ok);
}

TEST_CASE("a check that cannot even be planned is unknown, the others go on") {
    const auto tasks = plan(settings_of({}), {.proc = "/no/such/proc"});
    const auto seen = run(tasks);
    REQUIRE(seen.size() >= 6);
    for (const auto& observation : seen) CHECK(observation.finding.state == State::unknown);
}

TEST_CASE("skipped checks are not planned") {
    const auto tasks = plan(settings_of({{"PROBE_SKIP", "disk,inodes,swap,load,uptime,systemd"}}), {});
    REQUIRE(tasks.size() == 1);
    CHECK(tasks[0].check == "memory");
}
