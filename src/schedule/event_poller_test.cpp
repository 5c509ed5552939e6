// SPDX-License-Identifier: MIT
#include "schedule/event_poller.h"

#include "support/source_desk.h"

#include <doctest/doctest.h>
#include <condition_variable>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::ChangesProgram;
using mf::testing::SourceDesk;

namespace {

/// Waits for what the threads of a poller do.
struct PollerDesk : SourceDesk {
    std::mutex mutex;
    std::condition_variable launched;
    std::size_t launches = 0;
    ChangeLauncher telling{database, clock, vault, {.zone = "UTC", .user = user}, [this] {
                               const std::lock_guard lock(mutex);
                               ++launches;
                               launched.notify_all();
                           }};
    EventPoller poller{database, clock, reader, telling};

    void wait_for_launches(std::size_t count) {
        std::unique_lock lock(mutex);
        launched.wait(lock, [&] { return launches >= count; });
    }
};

}  // namespace

TEST_CASE("sources are looked at by themselves, and what they tell is launched") {
    PollerDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address(), {{"poll_interval", 30}});
    desk.rule(source, desk.target);
    program.tell(1);
    desk.poller.start();
    desk.wait_for_launches(1);
    program.tell(2);
    desk.clock.advance(31s);
    desk.wait_for_launches(2);
    CHECK(desk.launched_after(desk.target) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a source that is away does not hold up another one") {
    PollerDesk desk;
    for (int i = 0; i < 20; ++i)
        desk.rule(desk.source_at(desk.file("nothing.db"), {{"poll_interval", 1}}), desk.target);
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address(), {{"poll_interval", 1}});
    const auto other = desk.add_run_template();
    desk.rule(source, other);
    desk.poller.start();
    for (std::size_t i = 1; i <= 3; ++i) {
        program.tell(static_cast<std::int64_t>(i));
        desk.clock.advance(2s);
        desk.wait_for_launches(i);
    }
    CHECK(desk.jobs_of(other).size() == 3);
    CHECK(desk.jobs_of(desk.target).empty());
}
