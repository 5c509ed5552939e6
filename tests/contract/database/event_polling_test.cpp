// SPDX-License-Identifier: MIT
#include "schedule/event_poller.h"
#include "store/sql/visit.h"
#include "support/database_servers.h"
#include "support/source_desk.h"

#include <doctest/doctest.h>
#include <condition_variable>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::ChangesProgram;
using mf::testing::DatabaseServer;
using mf::testing::on_each_database;
using mf::testing::on_each_server;
using mf::testing::SourceDesk;
using Numbers = std::vector<std::int64_t>;

namespace {

/// Worlds are made on the server, too, while it lives.
class WorldsAt {
public:
    explicit WorldsAt(DatabaseServer& server) {
        mf::testing::database_of_worlds = [&server] { return server.fresh_database(); };
    }
    ~WorldsAt() { mf::testing::database_of_worlds = {}; }
};

}  // namespace

TEST_CASE("changes of a server are launched once each, in their order, and deleted there") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        const WorldsAt worlds(server);
        SourceDesk desk;
        ChangesProgram program(server.over_tcp(local));
        const auto source = desk.source_at(program.address());
        desk.rule(source, desk.target, {{"evidence", "invoice"}, {"env_mapping", R"({"NUMBER": "invoice.number"})"}});
        for (const auto number : {5, 3, 4}) program.tell(number, "invoice", "create", R"({"invoice": {"number": 8}})");
        program.tell(6, "order");
        program.tell(7, "invoice", "create", "no json");
        program.connection().begin();
        for (std::int64_t number = 1000; number < 1120; ++number) program.tell(number);
        program.connection().commit();
        desk.follow(source);
        const auto launched = desk.launched_after(desk.target);
        CHECK(launched.size() == 123);
        CHECK(Numbers(launched.begin(), launched.begin() + 4) == Numbers{3, 4, 5, 1000});
        CHECK(desk.environment_of(desk.jobs_of(desk.target)[0]).at("NUMBER") == "8");
        CHECK(desk.changes(EventChangeState::failed).size() == 1);
        CHECK(program.left().empty());
        // Until others could come late behind them they say what is known.
        for (int i = 0; i < 25; ++i) desk.follow(source);
        CHECK(desk.jobs_of(desk.target).size() == 123);
        desk.database.write(
            [&](Session& session) { CHECK(forget_old_changes(session, desk.clock.now() + 24h * 31, 1000)); });
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "source_change")") == 0);
    });
}

TEST_CASE("a server that crashes after any step has lost nothing, and launches nothing twice") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        const WorldsAt worlds(server);
        SourceDesk desk;
        ChangesProgram program(server.over_tcp(local));
        const auto source = desk.source_at(program.address());
        desk.rule(source, desk.target);
        program.tell(1);
        program.tell(2);
        // It has taken them over, and dies before it deletes them or launches anything.
        const auto holder = desk.reader.holder();
        const auto turn = desk.database.write([&](Session& session) {
            return take_turn(session, source, holder, desk.clock.now(), desk.clock.now() + 2min);
        });
        REQUIRE(turn);
        const std::vector<ToldChange> read{{.inversion = 1, .evidence = "invoice", .operation = "create"},
                                           {.inversion = 2, .evidence = "invoice", .operation = "create"}};
        const TakingOver how{
            .holder = holder, .now = desk.clock.now(), .held_until = desk.clock.now() + 2min, .position = 2};
        CHECK_THROWS(desk.database.write([&](Session& session) {
            CHECK(take_over(session, *turn, read, how));
            throw std::runtime_error("crash before the commit");
        }));
        CHECK(desk.get(source).last_processed_id == 0);
        CHECK(desk.database.write([&](Session& session) { return take_over(session, *turn, read, how); }));
        CHECK(program.left() == Numbers{1, 2});
        // Another one, of the same name, comes after it.
        program.tell(3);
        Vault vault = mf::testing::must(open_vault("key of the tests", ""));
        SourceReader next(desk.database, desk.clock, vault, {.holder = holder, .time_limit = 4s});
        CHECK(next.look(source));
        CHECK(program.left().empty());
        CHECK(desk.launcher.launch_due() == 3);
        desk.follow(source);
        CHECK(desk.launched_after(desk.target) == Numbers{1, 2, 3});
    });
}

TEST_CASE("a user who may only read is enough") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        SourceDesk desk;
        ChangesProgram program(server.over_tcp(local));
        auto address = program.address();
        address.user = "looker";
        address.password = "may look";
        auto& sql = program.connection();
        if (address.dialect == sql::Dialect::postgres) {
            sql.execute(R"(DO $do$ BEGIN CREATE ROLE looker LOGIN PASSWORD 'may look'; END $do$)");
            sql.execute(R"(GRANT SELECT ON "changes_cache" TO looker)");
        } else {
            sql.execute("CREATE USER looker IDENTIFIED BY 'may look'");
            sql.execute(fmt::format(R"(GRANT SELECT ON "{}"."changes_cache" TO looker)", address.database));
        }
        const auto source = desk.source_at(address);
        desk.rule(source, desk.target);
        for (std::int64_t number = 1; number <= 3; ++number) {
            program.tell(number);
            desk.follow(source);
            desk.follow(source);
        }
        CHECK(desk.launched_after(desk.target) == Numbers{1, 2, 3});
        CHECK(program.left() == Numbers{1, 2, 3});
    });
}

TEST_CASE("a source whose server stands still is given up, and does not hold up another one") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        SourceDesk desk;
        ChangesProgram still(server.over_tcp(local));
        const auto away = desk.source_at(still.address(), {{"poll_interval", 1}});
        desk.rule(away, desk.target);
        ChangesProgram program(desk.file("erp.db"));
        const auto source = desk.source_at(program.address(), {{"poll_interval", 1}});
        const auto other = desk.add_run_template();
        desk.rule(source, other);
        still.tell(1);
        program.tell(1);

        std::mutex mutex;
        std::condition_variable changed;
        std::size_t launches = 0;
        const auto wait_for = [&](std::size_t count) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return launches >= count; });
        };
        ChangeLauncher launcher(desk.database, desk.clock, desk.vault, {.zone = "UTC", .user = desk.user}, [&] {
            const std::lock_guard lock(mutex);
            ++launches;
            changed.notify_all();
        });
        SourceReader reader(desk.database, desk.clock, desk.vault, {.holder = "node", .time_limit = 2s});
        server.pause();
        {
            EventPoller poller(desk.database, desk.clock, reader, launcher);
            poller.start();
            wait_for(1);
            CHECK(desk.jobs_of(other).size() == 1);
            CHECK(desk.jobs_of(desk.target).empty());
        }
        CHECK(
            desk.database.read([](Session& session) { return sources_to_look_at(session, "node"); }).back().failures ==
            1);
        server.go_on();
        desk.clock.advance(1h);
        reader.look(away);
        CHECK(launcher.launch_due() == 1);
        CHECK(desk.launched_after(desk.target) == Numbers{1});
    });
}

TEST_CASE("a visit to a server that stops in the middle ends, too") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        const auto address = server.over_tcp(local);
        const auto visitor = sql::visit(address, 1s);
        CHECK(visitor->query("SELECT 1", {}).size() == 1);
        server.pause();
        // Its threads stop one after the other.
        const auto ask_on = [&] {
            for (int i = 0; i < 100'000; ++i) (void)visitor->query("SELECT 2", {});
        };
        CHECK_THROWS_AS(ask_on(), sql::DatabaseError);
        server.go_on();
        const auto guest = sql::visit_to_change(address, 4s);
        sql::open(local)->execute("CREATE TABLE t (a INTEGER)");
        CHECK(guest->execute("INSERT INTO t VALUES (1)", {}) == 1);
    });
}

TEST_CASE("whoever visits a file of SQLite to change it neither makes it nor changes its kind") {
    const mf::testing::TemporaryDirectory directory;
    sql::Address address{.database = (directory.path() / "other.db").string()};
    CHECK_THROWS_AS((void)sql::visit_to_change(address, 1s), sql::DatabaseError);
    CHECK_FALSE(std::filesystem::exists(address.database));
    const auto owner = sql::open(address);
    owner->query("PRAGMA journal_mode = DELETE", {});
    owner->execute("CREATE TABLE t (a INTEGER)");
    const auto guest = sql::visit_to_change(address, 1s);
    CHECK(guest->execute("INSERT INTO t VALUES (1)") == 1);
    CHECK(std::get<std::string>(owner->query("PRAGMA journal_mode", {})[0][0]) == "delete");
}
