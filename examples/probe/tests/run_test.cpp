// SPDX-License-Identifier: MIT
#include "probe/checks.h"
#include "settings_of.h"

#include <doctest/doctest.h>
#include <atomic>
#include <latch>
#include <memory>
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

TEST_CASE("no more tasks run at a time than allowed") {
    const auto now = std::make_shared<std::atomic<int>>(0);
    const auto most = std::make_shared<std::atomic<int>>(0);
    std::vector<Task> tasks(40, {"a", "", milliseconds(60000), [=] {
                                     most->store(std::max(most->load(), ++*now));
                                     --*now;
                                     return Finding{};
                                 }});
    CHECK(run(std::move(tasks), 1).size() == 40);
    CHECK(most->load() == 1);
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
