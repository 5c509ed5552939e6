// SPDX-License-Identifier: MIT
#include "support/source_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::ChangesProgram;
using mf::testing::must;
using mf::testing::SourceDesk;
using Numbers = std::vector<std::int64_t>;

TEST_CASE("a change launches what rules say, once, and goes from its source when it is known here") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target,
              {{"env_mapping", R"({"NUMBER": "$.invoice.number", "WHO": "recordid", "NO": "no"})"}});
    program.tell(7, "invoice", "create", R"({"invoice": {"number": 12}, "recordid": "of the context"})");
    program.connection().execute(R"(UPDATE "changes_cache" SET "document_uri" = 'https://erp/7')");
    CHECK(desk.reader.look(source));
    CHECK(program.left().empty());
    CHECK(desk.get(source).last_processed_id == 7);
    CHECK(desk.jobs_of(desk.target).empty());
    CHECK(desk.launcher.launch_due() == 1);
    CHECK(desk.queued == 1);
    const auto jobs = desk.jobs_of(desk.target);
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].schedule_type == "event");
    CHECK(jobs[0].executor == desk.target.executor);
    CHECK(desk.environment_of(jobs[0]) == TextMap{{"EVENT_INVERSION", "7"},
                                                  {"EVENT_EVIDENCE", "invoice"},
                                                  {"EVENT_OPERATION", "create"},
                                                  {"EVENT_RECORD_ID", "r7"},
                                                  {"EVENT_DOCUMENT_URI", "https://erp/7"},
                                                  {"NUMBER", "12"},
                                                  {"WHO", "r7"}});
    desk.follow(source);
    CHECK(desk.jobs_of(desk.target).size() == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'fire')") == 1);
    const auto done = desk.changes(EventChangeState::launched);
    REQUIRE(done.size() == 1);
    CHECK(done[0].launched_job_id == jobs[0].id.value);
}

TEST_CASE("each source is looked at every poll_interval seconds of its own") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address(), {{"poll_interval", 30}});
    desk.rule(source, desk.target);
    const auto due = [&] {
        return desk.database.read([](Session& session) { return sources_to_look_at(session, "node"); }).at(0).due;
    };
    CHECK(due() <= desk.clock.now());
    desk.reader.look(source);
    CHECK(due() == desk.clock.now() + 30s);
    program.tell(1);
    desk.clock.advance(29s);
    CHECK_FALSE(desk.reader.look(source));
    desk.clock.advance(1s);
    CHECK(desk.reader.look(source));
}

TEST_CASE("changes come in their order, and rules of higher priority first") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    const auto other = desk.add_run_template();
    desk.rule(source, desk.target);
    desk.rule(source, other, {{"priority", 5}});
    for (const auto number : {130, 9, 70}) program.tell(number);
    for (std::int64_t number = 200; number < 280; ++number) program.tell(number);
    desk.follow(source);
    CHECK(desk.launched_after(desk.target).size() == 83);
    CHECK(std::ranges::is_sorted(desk.launched_after(desk.target)));
    CHECK(desk.jobs_of(other).at(0).id < desk.jobs_of(desk.target).at(0).id);
    CHECK(desk.jobs_of(desk.target).at(0).id < desk.jobs_of(other).at(1).id);
}

TEST_CASE("rules want changes by evidence and operation, and without a rule nothing is taken") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    for (std::int64_t number = 1; number <= 3; ++number) program.tell(number, "invoice", "update");
    program.tell(4, "order", "create");
    program.tell(5, "invoice", "delete");
    const auto rule = desk.rule(source, desk.target, {{"evidence", "invoice"}, {"enabled", false}});
    const auto is_due = [&] {
        return !desk.database.read([](Session& session) { return sources_to_look_at(session, "node"); }).empty();
    };
    CHECK_FALSE(is_due());
    // Also when the last one goes while somebody looks.
    desk.follow(source);
    CHECK(program.left().size() == 5);
    CHECK(desk.get(source).last_processed_id == 0);
    must(desk.run("event-rule:update", {{"id", rule.value}, {"enabled", true}}));
    const auto deletions = desk.add_run_template();
    desk.rule(source, deletions, {{"operation", "delete"}});
    CHECK(is_due());
    desk.follow(source);
    CHECK(desk.launched_after(desk.target) == Numbers{1, 2, 3, 5});
    CHECK(desk.launched_after(deletions) == Numbers{5});
    CHECK(program.left().empty());
}

TEST_CASE("what cannot be used is put aside with the reason, and the next one goes on") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    program.tell(1, "invoice", "create", "{no json");
    program.tell(2, "invoice", "create", "[1]");
    program.tell(3, "invoice", "create", std::string(300 << 10, ' ') + "{}");
    program.tell(4, std::string(300, 'e'));
    program.tell(5);
    program.connection().execute(
        R"(UPDATE "changes_cache" SET "evidence" = CAST(x'ff61' AS TEXT) WHERE "inversion" = 5)");
    program.tell(6);
    desk.follow(source);
    CHECK(desk.launched_after(desk.target) == Numbers{6});
    const auto failed = desk.changes(EventChangeState::failed);
    REQUIRE(failed.size() == 5);
    const char* reasons[] = {"no JSON object", "no JSON object.", "context is longer than 262144", "evidence is longer",
                             "evidence is no valid text"};
    for (std::size_t i = 0; i < 5; ++i)
        CHECK_MESSAGE(failed[i].message->find(reasons[i]) != std::string::npos, *failed[i].message);
    CHECK(program.left().empty());
}

TEST_CASE("a source in which nothing may be deleted goes on by its mark") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    program.connection().execute(
        R"(CREATE TRIGGER "keep" BEFORE DELETE ON "changes_cache" BEGIN SELECT RAISE(ABORT, 'no'); END)");
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    for (std::int64_t number = 1; number <= 3; ++number) {
        program.tell(number);
        desk.follow(source);
        desk.follow(source);
    }
    CHECK(desk.launched_after(desk.target) == Numbers{1, 2, 3});
    CHECK(program.left() == Numbers{1, 2, 3});
}

TEST_CASE("what becomes visible after changes with greater numbers is not left out") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    program.tell(3);
    // It is not for us what was before.
    const auto source = desk.source_at(program.address(), {{"last_processed_id", 5}});
    desk.rule(source, desk.target);
    program.tell(10);
    desk.follow(source);
    program.tell(8);
    program.tell(12);
    desk.follow(source);
    CHECK(desk.launched_after(desk.target) == Numbers{10, 12, 8});
    CHECK(program.left() == Numbers{3});
    for (int i = 0; i < 25; ++i) desk.follow(source);
    program.tell(7);  // too late
    desk.follow(source);
    CHECK(desk.launched_after(desk.target).size() == 3);
}

TEST_CASE("what comes late is taken as well when the source is looked at once an hour") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address(), {{"poll_interval", 3600}});
    desk.rule(source, desk.target);
    const auto follow = [&] {
        desk.clock.advance(1h);
        desk.follow(source);
    };
    program.tell(10);
    follow();
    program.tell(12);
    follow();
    program.tell(11);
    follow();
    CHECK(desk.launched_after(desk.target) == Numbers{10, 12, 11});
    follow();
    CHECK(desk.launched_after(desk.target).size() == 3);
}

TEST_CASE("what waits to be launched is not lost when somebody sets the mark back") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    program.tell(1);
    program.tell(2);
    desk.reader.look(source);
    must(desk.run("event-source:update", {{"id", source.value}, {"last_processed_id", 1}}));
    desk.reader.look(source);
    CHECK(program.left().empty());
    desk.launcher.launch_due();
    desk.follow(source);
    CHECK(desk.launched_after(desk.target) == Numbers{1, 2});
}

TEST_CASE("new settings of a source count at once") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address(), {{"poll_interval", 86400}});
    desk.rule(source, desk.target);
    desk.reader.look(source);
    program.tell(1);
    CHECK_FALSE(desk.reader.look(source));
    must(desk.run("event-source:update", {{"id", source.value}, {"poll_interval", 30}}));
    CHECK(desk.reader.look(source));
}

TEST_CASE("whoever sets the mark back has the changes behind it dealt with again") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    program.tell(1);
    program.tell(2);
    desk.follow(source);
    program.tell(1);
    program.tell(2);
    desk.follow(source);  // known
    CHECK(desk.launched_after(desk.target) == Numbers{1, 2});
    must(desk.run("event-source:update", {{"id", source.value}, {"last_processed_id", 1}}));
    desk.follow(source);
    CHECK(desk.launched_after(desk.target) == Numbers{1, 2, 2});
}

TEST_CASE("a source that cannot be read has more and more time, and comes back") {
    SourceDesk desk;
    const auto address = desk.file("later.db");
    const auto source = desk.source_at(address, {{"poll_interval", 10}});
    desk.rule(source, desk.target);
    const auto wait = [&] {
        desk.clock.advance(1h);
        desk.reader.look(source);
        return desk.database.read([](Session& session) { return sources_to_look_at(session, "node"); }).at(0).due -
               desk.clock.now();
    };
    CHECK(wait() == 10s);
    CHECK(wait() == 20s);
    CHECK(wait() == 40s);
    for (int i = 0; i < 8; ++i) wait();
    CHECK(wait() == 10min);
    ChangesProgram program(address);
    program.tell(1);
    CHECK(wait() == 10s);
    desk.launcher.launch_due();
    CHECK(desk.launched_after(desk.target) == Numbers{1});
}

TEST_CASE("one server at a time looks at a source, and whatever another one has read meanwhile counts once") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    program.tell(1);
    const auto turn_of = [&](const char* holder) {
        return desk.database.write([&](Session& session) {
            return take_turn(session, source, holder, desk.clock.now(), desk.clock.now() + 2min);
        });
    };
    const auto slow = turn_of("slow");
    REQUIRE(slow);
    CHECK_FALSE(turn_of("other"));
    CHECK_FALSE(desk.reader.look(source));
    desk.clock.advance(3min);  // it seems to be gone
    CHECK(desk.reader.look(source));
    // But it comes back with what it has read.
    const ToldChange change{.inversion = 1, .evidence = "invoice", .operation = "create"};
    CHECK_FALSE(desk.database.write([&](Session& session) {
        return take_over(session, *slow, std::span(&change, 1),
                         {.holder = "slow", .now = desk.clock.now(), .position = 1});
    }));
    desk.launcher.launch_due();
    CHECK(desk.launched_after(desk.target) == Numbers{1});
    CHECK(turn_of("node") == std::nullopt);  // not due
}

TEST_CASE("more of a source is not read than can be launched") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target);
    program.connection().begin();
    for (std::int64_t number = 1; number <= 2100; ++number) program.tell(number);
    program.connection().commit();
    desk.reader.look(source);
    desk.clock.advance(1min);
    desk.reader.look(source);
    CHECK(program.left().size() == 2100 - SourceReader::most_waiting);
}

TEST_CASE("old changes are forgotten, but not what was put aside") {
    SourceDesk desk;
    ChangesProgram program(desk.file("erp.db"));
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target, {{"evidence", "invoice"}});
    program.tell(1, "order");
    program.tell(2);
    program.tell(3, "invoice", "create", "none");
    desk.follow(source);
    // Until others could come late behind them they say what is known.
    for (int i = 0; i < 25; ++i) desk.follow(source);
    const auto kept = [&](std::chrono::milliseconds later) {
        desk.database.write(
            [&](Session& session) { CHECK(forget_old_changes(session, desk.clock.now() + later, 100)); });
        return std::pair(desk.number(R"(SELECT COUNT(*) FROM "source_change")"),
                         desk.number(R"(SELECT COUNT(*) FROM "event_change")"));
    };
    CHECK(kept(23h) == std::pair<std::int64_t, std::int64_t>(3, 2));
    CHECK(kept(25h) == std::pair<std::int64_t, std::int64_t>(2, 2));
    CHECK(kept(24h * 31) == std::pair<std::int64_t, std::int64_t>(0, 0));
}
