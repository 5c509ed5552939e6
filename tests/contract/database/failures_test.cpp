// SPDX-License-Identifier: MIT
#include "contract/database/error_of.h"
#include "store/database.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>
#include <atomic>
#include <fstream>
#include <thread>

using namespace mf;
using namespace mf::sql;
using mf::testing::DatabaseServer;
using mf::testing::on_each_server;
using mf::testing::TemporaryDirectory;
using Kind = DatabaseError::Kind;

namespace {

/// Ends the session from the side of the server, as its restart would.
void cut(Connection& victim, Connection& other) {
    if (victim.dialect() == Dialect::postgres) {
        const auto id = victim.query("SELECT pg_backend_pid()", {})[0][0];
        other.query("SELECT pg_terminate_backend(?)", {id});
    } else {
        const auto id = victim.query("SELECT CONNECTION_ID()", {})[0][0];
        other.execute(fmt::format("KILL CONNECTION {}", std::get<std::int64_t>(id)));
    }
}

/// Fills a table until the disk is full, then proves that the session survives it.
void fill_up(const Address& address) {
    const auto connection = open(address);
    connection->execute("CREATE TABLE t (a INTEGER, b BLOB)");
    connection->execute("INSERT INTO t VALUES (1, NULL)");
    connection->begin();
    const auto error = error_of([&] {
        for (int i = 0; i < 1000; ++i)
            connection->execute("INSERT INTO t VALUES (2, ?)", {Bytes{std::string(100'000, 'x')}});
    });
    CHECK(error.kind == Kind::full);
    CHECK(std::string(error.what()).ends_with("There is no space left for it: free some space on that file system."));
    connection->rollback();
    CHECK(connection->query("SELECT a FROM t", {}) == Rows{{std::int64_t{1}}});
    connection->begin();
    connection->execute("UPDATE t SET a = 5");
    connection->commit();
    CHECK(connection->query("SELECT a FROM t", {}) == Rows{{std::int64_t{5}}});
}

}  // namespace

TEST_CASE("work goes on with another session when the server has ended the first") {
    on_each_server([](const Address& address, DatabaseServer& server) {
        Database database(address);
        const auto other = open(address);
        const auto count = [](Session& session) {
            return std::get<std::int64_t>(session.sql.query("SELECT COUNT(*) FROM t")[0][0]);
        };
        other->execute("CREATE TABLE t (a INTEGER)");
        int attempts = 0;
        database.write([&](Session& session) {
            session.sql.execute("INSERT INTO t VALUES (1)");
            if (++attempts == 1) cut(session.sql, *other);
            session.sql.execute("INSERT INTO t VALUES (2)");
        });
        CHECK(attempts == 2);
        CHECK(database.read(count) == 2);
        CHECK(database.read([&](Session& session) {
            if (++attempts == 3) cut(session.sql, *other);
            return count(session);
        }) == 2);
        CHECK(attempts == 4);
        // During the commit nobody can know: the caller has to decide.
        CHECK(error_of([&] {
                  database.write([&](Session& session) {
                      ++attempts;
                      session.sql.execute("INSERT INTO t VALUES (3)");
                      cut(session.sql, *other);
                  });
              }).kind == Kind::uncertain);
        CHECK(attempts == 5);
        // A restart is waited for, also by several at once; all their sessions are gone.
        server.crash();
        std::vector<std::jthread> threads;
        std::atomic<int> found = 0;
        for (int i = 0; i < 6; ++i) threads.emplace_back([&] { found += static_cast<int>(database.read(count)); });
        server.start_again();
        threads.clear();
        CHECK(found == 12);
        // Longer than its patience nobody waits.
        server.crash();
        Database impatient(address, {.patience = std::chrono::milliseconds(50)});
        CHECK(error_of([&] { impatient.read(count); }).kind == Kind::lost);
        server.start_again();
    });
}

TEST_CASE("what the server is set to for the sessions of people does not hold ours") {
    on_each_server([](const Address& address, DatabaseServer&) {
        if (address.dialect != Dialect::mariadb) return;
        const auto owner = open(address);
        owner->execute("CREATE TABLE t (a INTEGER)");
        owner->execute("INSERT INTO t VALUES (1)");
        struct Reset {
            Connection& owner;
            ~Reset() { owner.execute("SET GLOBAL sql_safe_updates = 0"); }
        } reset{*owner};
        owner->execute("SET GLOBAL sql_safe_updates = 1");
        const auto ours = open(address);
        CHECK(ours->execute("UPDATE t SET a = 2") == 1);
        CHECK(ours->execute("DELETE FROM t") == 1);
    });
}

TEST_CASE("a session that the server has ended is lost, in a transaction too") {
    on_each_server([](const Address& address, DatabaseServer&) {
        const auto other = open(address);
        for (const bool in_transaction : {false, true}) {
            const auto victim = open(address);
            if (in_transaction) victim->begin();
            cut(*victim, *other);
            const auto error = error_of([&] { victim->query("SELECT 1", {}); });
            CHECK(error.kind == Kind::lost);
            CHECK(error_of([&] { victim->query("SELECT 2", {}); }).kind == Kind::lost);
            CHECK(error_of([&] { victim->begin(); }).kind == Kind::lost);
            victim->rollback();
        }
        CHECK(open(address)->query("SELECT 1", {}).size() == 1);
    });
}

TEST_CASE("a transaction dies with its session, and cannot be committed any more") {
    on_each_server([](const Address& address, DatabaseServer&) {
        const auto other = open(address), victim = open(address);
        victim->execute(R"(CREATE TABLE "t" ("a" BIGINT))");
        const auto insert = R"(INSERT INTO "t" ("a") VALUES (1))";
        victim->begin();
        victim->execute(insert);
        cut(*victim, *other);
        CHECK(error_of([&] { victim->commit(); }).kind == Kind::uncertain);
        victim->rollback();
        CHECK(error_of([&] { victim->query("SELECT 1", {}); }).kind == Kind::lost);
        CHECK(error_of([&] { victim->begin(); }).kind == Kind::lost);
        CHECK(other->query(R"(SELECT "a" FROM "t")", {}).empty());
    });
}

TEST_CASE("a wrong password, an unknown database and an unknown user are refused, nobody listening is lost") {
    on_each_server([](const Address& address, DatabaseServer& server) {
        for (const Address& good : {address, server.over_tcp(address)}) {
            CHECK(open(good)->query("SELECT 'ok'", {}) == Rows{{std::string("ok")}});
            Address wrong = good;
            wrong.password = "wrong-Passw0rd";
            const auto error = error_of([&] { (void)open(wrong); });
            CHECK(error.kind == Kind::refused);
            const std::string message = error.what();
            CHECK(message.find("wrong-Passw0rd") == std::string::npos);
            CHECK(message.find(address.database) != std::string::npos);
            CHECK(
                message.ends_with("Check the user, the password, and from where and with which encryption the server "
                                  "lets this user in."));
            CHECK(message.find(good.host) != std::string::npos);
            CHECK(message.starts_with(description_of(good)));
            const auto refuses = [](const Address& it, DatabaseError::Cause cause) {
                const auto refusal = error_of([&] { (void)open(it); });
                INFO(refusal.what());
                CHECK(refusal.kind == Kind::refused);
                CHECK(refusal.cause == cause);
            };
            refuses(wrong, DatabaseError::Cause::account);
            wrong = good;
            wrong.password.clear();
            refuses(wrong, DatabaseError::Cause::account);
            wrong = good;
            wrong.database = "nothing_like_it";
            refuses(wrong, DatabaseError::Cause::database);
            wrong = good;
            wrong.user = "nobody_like_that";
            refuses(wrong, DatabaseError::Cause::account);
        }
        Address nobody = server.over_tcp(address);
        nobody.port = 1;
        const auto refused = error_of([&] { (void)open(nobody); });
        CHECK(refused.kind == Kind::lost);
        CHECK(refused.cause == DatabaseError::Cause::server);
        CHECK(std::string(refused.what()).find(address.password) == std::string::npos);
        CHECK(std::string(refused.what()).ends_with("Check that the server runs and can be reached from here."));
        nobody = address;
        nobody.host = "/nonexistent/socket";
        CHECK(error_of([&] { (void)open(nobody); }).kind == Kind::lost);
    });
}

TEST_CASE("what the account may not do is refused") {
    on_each_server([](const Address& address, DatabaseServer&) {
        const auto owner = open(address);
        const bool postgres = address.dialect == Dialect::postgres;
        const auto account = address.database + "_reader";
        owner->execute(R"(CREATE TABLE "t" ("a" BIGINT))");
        if (postgres) {
            owner->execute(fmt::format("CREATE USER {} PASSWORD 'pw'", account));
            owner->execute(fmt::format("GRANT SELECT ON t TO {}", account));
        } else {
            owner->execute(fmt::format("CREATE USER {}@localhost IDENTIFIED BY 'pw'", account));
            owner->execute(fmt::format("GRANT SELECT ON {}.* TO {}@localhost", address.database, account));
        }
        Address reader = address;
        reader.user = account;
        reader.password = "pw";
        const auto connection = open(reader);
        CHECK(connection->query(R"(SELECT "a" FROM "t")", {}).empty());
        for (const auto* statement : {R"(INSERT INTO "t" VALUES (1))", R"(CREATE TABLE "u" ("a" BIGINT))"}) {
            const auto error = error_of([&] { connection->execute(statement); });
            CHECK(error.kind == Kind::refused);
            CHECK(error.cause == DatabaseError::Cause::permission);
        }
    });
}

TEST_CASE("a server without a free session is waited for, and told when it stays so") {
    on_each_server([](const Address& address, DatabaseServer&) {
        const auto owner = open(address);
        const auto account = address.database + "_one";
        if (address.dialect == Dialect::postgres) {
            owner->execute(fmt::format("CREATE USER {} PASSWORD 'pw' CONNECTION LIMIT 1", account));
        } else {
            owner->execute(
                fmt::format("CREATE USER {}@localhost IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1", account));
            owner->execute(fmt::format("GRANT ALL ON {}.* TO {}@localhost", address.database, account));
        }
        Address one = address;
        one.user = account;
        one.password = "pw";
        auto only = open(one);
        const auto error = error_of([&] { (void)open(one); });
        CHECK(error.cause == DatabaseError::Cause::too_many_sessions);
        Database impatient(one, {.patience = std::chrono::milliseconds(30)});
        CHECK(error_of([&] { impatient.read([](Session&) {}); }).cause == DatabaseError::Cause::too_many_sessions);
        Database patient(one);
        std::jthread later([&] {
            // Not before the other one has been told that there is none.
            (void)error_of([&] { (void)open(one); });
            only.reset();
        });
        CHECK(patient.read([](Session& session) { return session.sql.query("SELECT 1").size(); }) == 1);
    });
}

TEST_CASE("a value that is larger than MariaDB takes says which setting to raise, and the session goes on") {
    auto* server = DatabaseServer::get(Dialect::mariadb);
    if (!server) return;
    const auto connection = open(server->fresh_database());
    connection->execute(R"(CREATE TABLE "t" ("a" LONGBLOB))");
    const auto insert = R"(INSERT INTO "t" VALUES (?))";
    const auto error = error_of([&] { connection->execute(insert, {Bytes{std::string(17 << 20, 'x')}}); });
    CHECK(error.kind == Kind::other);
    CHECK(std::string(error.what()).find("Raise max_allowed_packet") != std::string::npos);
    CHECK(connection->execute(insert, {Bytes{std::string(15 << 20, 'x')}}) == 1);
}

TEST_CASE("SQLite tells a full disk, keeps what was committed and goes on working") {
    const TemporaryDirectory directory;
    const auto disk = directory.path() / "disk";
    std::filesystem::create_directory(disk);
    if (geteuid() != 0 || mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
        MESSAGE("not run: only root may mount a small file system");
        return;
    }
    struct Unmount {
        const std::filesystem::path& disk;
        ~Unmount() { umount2(disk.c_str(), MNT_DETACH); }
    } unmount{disk};
    fill_up({.database = disk / "full.sqlite"});
}

TEST_CASE("SQLite tells a database that has reached its largest size") {
    const TemporaryDirectory directory;
    const auto connection = open({.database = directory.path() / "small.sqlite"});
    connection->query("PRAGMA max_page_count=20", {});
    connection->execute("CREATE TABLE t (b BLOB)");
    connection->begin();
    CHECK(error_of([&] {
              for (int i = 0; i < 100; ++i)
                  connection->execute("INSERT INTO t VALUES (?)", {Bytes{std::string(4000, 'x')}});
          }).kind == Kind::full);
    // The database has ended the transaction: nothing more may slip in as a transaction of its own.
    CHECK(error_of([&] { connection->execute("INSERT INTO t VALUES (NULL)"); }).kind == Kind::other);
    CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
    connection->rollback();
    CHECK(connection->query("SELECT COUNT(*) FROM t", {}) == Rows{{std::int64_t{0}}});
    connection->execute("INSERT INTO t VALUES (1)");
}

TEST_CASE("SQLite in a place without the right to write is refused with what to do") {
    if (geteuid() == 0) {
        // Root may write everywhere; a file system that is read-only stops it too.
        const TemporaryDirectory directory;
        const auto disk = directory.path() / "disk";
        std::filesystem::create_directory(disk);
        if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
            MESSAGE("not run: no file system can be mounted here");
            return;
        }
        open({.database = disk / "x.sqlite"})->execute("CREATE TABLE t (a INTEGER)");
        mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=2m");
        for (const char* name : {"x.sqlite", "new.sqlite"}) {
            const auto error = error_of([&] { (void)open({.database = disk / name}); });
            CHECK(error.kind == Kind::refused);
            CHECK(std::string(error.what()).find("Give this user the right to write") != std::string::npos);
        }
        umount2(disk.c_str(), MNT_DETACH);
        return;
    }
    const TemporaryDirectory directory;
    std::filesystem::permissions(directory.path(), std::filesystem::perms{0500});
    CHECK(error_of([&] { (void)open({.database = directory.path() / "new.sqlite"}); }).kind == Kind::refused);
    std::filesystem::permissions(directory.path(), std::filesystem::perms{0700});
}
