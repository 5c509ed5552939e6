// SPDX-License-Identifier: MIT
#include "support/source_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::ChangesProgram;
using mf::testing::must;
using mf::testing::SourceDesk;
using Numbers = std::vector<std::int64_t>;

namespace {

struct LaunchDesk : SourceDesk {
    ChangesProgram program{file("erp.db")};
    Id<EventSource> source = source_at(program.address());
    std::int64_t told = 0;

    /// A change that is known here, and not dealt with yet.
    void tell_one() {
        program.tell(++told);
        clock.advance(1min);
        reader.look(source);
    }
    void deactivate(const RunTemplate& run_template, bool active) {
        must(run("runtemplate:update", {{"id", run_template.id.value}, {"active", active}}));
    }
};

}  // namespace

TEST_CASE("what cannot be launched is tried again, put aside in the end, and holds up nothing else") {
    LaunchDesk desk;
    const auto good = desk.add_run_template();
    desk.rule(desk.source, desk.target, {{"priority", 9}});
    desk.rule(desk.source, good);
    desk.deactivate(desk.target, false);
    desk.tell_one();
    desk.tell_one();
    CHECK(desk.launcher.launch_due() == 2);
    CHECK(desk.launched_after(good) == Numbers{1, 2});
    for (const auto pause : {10s, 60s, 300s, 900s}) {
        const auto open = desk.changes(EventChangeState::open);
        REQUIRE(open.size() == 2);
        CHECK(open[0].message == "RunTemplate is not active. Scheduling forbidden.");
        CHECK(desk.launcher.next() == desk.clock.now() + pause);
        CHECK(desk.launcher.launch_due() == 0);
        desk.clock.advance(pause);
        CHECK(desk.launcher.launch_due() == 0);
    }
    const auto failed = desk.changes(EventChangeState::failed);
    REQUIRE(failed.size() == 2);
    CHECK(failed[0].attempts == ChangeLauncher::most_attempts);
    CHECK_FALSE(desk.launcher.next());
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'fire_failed')") == 2);
    // Somebody has mended it.
    desk.deactivate(desk.target, true);
    must(desk.run("event-change:retry", {{"id", failed[0].id.value}}));
    CHECK(desk.launcher.launch_due() == 1);
    CHECK(desk.launched_after(desk.target) == Numbers{1});
}

TEST_CASE("a company that is paused has what it missed launched afterwards") {
    LaunchDesk desk;
    desk.rule(desk.source, desk.target);
    must(desk.run("company:pause", {{"id", desk.company.id.value}}));
    desk.tell_one();
    for (int i = 0; i < 60; ++i) {
        desk.clock.advance(1min);
        CHECK(desk.launcher.launch_due() == 0);
    }
    CHECK(desk.changes(EventChangeState::open).at(0).attempts == 0);
    must(desk.run("company:resume", {{"id", desk.company.id.value}}));
    desk.clock.advance(1min);
    CHECK(desk.launcher.launch_due() == 1);
}

TEST_CASE("a company whose queue is full gets the rest when there is room") {
    LaunchDesk desk;
    desk.rule(desk.source, desk.target);
    must(desk.run("company:update", {{"id", desk.company.id.value}, {"max_queued", 1}}));
    desk.tell_one();
    desk.tell_one();
    CHECK(desk.launcher.launch_due() == 1);
    for (int i = 0; i < 60; ++i) {
        desk.clock.advance(1min);
        CHECK(desk.launcher.launch_due() == 0);
    }
    desk.claim(100, desk.clock.now());
    desk.clock.advance(1min);
    CHECK(desk.launcher.launch_due() == 1);
}

TEST_CASE("a rule launches nothing for another company, whatever became of its source") {
    LaunchDesk desk;
    desk.rule(desk.source, desk.target);
    desk.tell_one();
    const auto other = desk.add_company("other");
    desk.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "event_source" SET "company_id" = ? WHERE "id" = ?)",
                            {other.id.value, desk.source.value});
    });
    CHECK(desk.launcher.launch_due() == 0);
    CHECK(desk.changes(EventChangeState::open).at(0).message ==
          "The rule does not belong to the event source any more.");
    // And what it tells from now on is not for that rule.
    desk.program.tell(++desk.told);
    desk.clock.advance(1h);
    desk.reader.look(desk.source);
    CHECK(desk.program.left() == Numbers{2});
}

TEST_CASE("of two servers one launches, and one that crashes before its commit has launched nothing") {
    LaunchDesk desk;
    desk.rule(desk.source, desk.target);
    desk.tell_one();
    const auto due =
        desk.database.read([&](Session& session) { return due_event_changes(session, desk.clock.now(), 10); });
    REQUIRE(due.size() == 1);
    CHECK_THROWS(desk.database.write([&](Session& session) {
        CHECK(take_event_change(session, due[0].id));
        throw std::runtime_error("crash");
    }));
    CHECK(desk.database.write([&](Session& session) { return take_event_change(session, due[0].id); }));
    CHECK_FALSE(desk.database.write([&](Session& session) { return take_event_change(session, due[0].id); }));
    CHECK(desk.launcher.launch_due() == 0);
    desk.tell_one();
    CHECK(desk.launcher.launch_due() == 1);
}
