// SPDX-License-Identifier: MIT
#include "contract/database/error_of.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <latch>
#include <set>
#include <thread>

using namespace mf;
using namespace mf::sql;
using mf::testing::on_each_database;
using Kind = DatabaseError::Kind;

namespace {

void create_tables(Connection& connection) {
    const auto options = connection.dialect() == Dialect::mariadb ? " ENGINE=InnoDB" : "";
    connection.execute(
        fmt::format(R"(CREATE TABLE "parent" ("id" BIGINT PRIMARY KEY, "name" VARCHAR(20) UNIQUE){})", options));
    connection.execute(fmt::format(
        R"(CREATE TABLE "child" ("id" BIGINT PRIMARY KEY, "parent_id" BIGINT, FOREIGN KEY ("parent_id") REFERENCES "parent" ("id") ON DELETE RESTRICT){})",
        options));
}

std::int64_t count(Connection& connection) {
    return std::get<std::int64_t>(connection.query(R"(SELECT COUNT(*) FROM "parent")", {})[0][0]);
}

void insert(Connection& connection, std::int64_t id, const std::string& name) {
    connection.execute(R"(INSERT INTO "parent" ("id", "name") VALUES (?, ?))", {id, name});
}

}  // namespace

TEST_CASE("a transaction is seen by others when it is committed, never when it is rolled back") {
    on_each_database([](const Address& address) {
        const auto writer = open(address), reader = open(address);
        create_tables(*writer);
        writer->begin();
        insert(*writer, 1, "a");
        CHECK(count(*writer) == 1);
        CHECK(count(*reader) == 0);
        writer->rollback();
        CHECK(count(*writer) == 0);
        writer->begin();
        insert(*writer, 1, "a");
        writer->commit();
        CHECK(count(*reader) == 1);
        writer->rollback();  // without a transaction: nothing happens
        CHECK(count(*reader) == 1);
    });
}

TEST_CASE("a session that is closed in a transaction has rolled back") {
    on_each_database([](const Address& address) {
        const auto reader = open(address);
        create_tables(*reader);
        auto writer = open(address);
        writer->begin();
        insert(*writer, 1, "a");
        writer.reset();
        CHECK(count(*reader) == 0);
        insert(*reader, 1, "a");  // its locks are gone as well
        CHECK(count(*reader) == 1);
    });
}

TEST_CASE("a value that must be unique, a key that must exist") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        create_tables(*connection);
        insert(*connection, 1, "a");
        CHECK(error_of([&] { insert(*connection, 1, "b"); }).kind == Kind::unique_violation);
        CHECK(error_of([&] { insert(*connection, 2, "a"); }).kind == Kind::unique_violation);
        CHECK(error_of([&] {
                  connection->query(R"(INSERT INTO "parent" ("id", "name") VALUES (?, ?) RETURNING "id")",
                                    {std::int64_t{2}, std::string("a")});
              }).kind == Kind::unique_violation);
        const auto child = R"(INSERT INTO "child" ("id", "parent_id") VALUES (?, ?))";
        CHECK(error_of([&] {
                  connection->execute(child, {std::int64_t{1}, std::int64_t{9}});
              }).kind == Kind::foreign_key);
        connection->execute(child, {std::int64_t{1}, std::int64_t{1}});
        CHECK(error_of([&] { connection->execute(R"(DELETE FROM "parent" WHERE "id" = 1)"); }).kind ==
              Kind::foreign_key);
        CHECK(error_of([&] { connection->execute(R"(UPDATE "parent" SET "id" = 5 WHERE "id" = 1)"); }).kind ==
              Kind::foreign_key);
        CHECK(count(*connection) == 1);
        connection->begin();
        CHECK(error_of([&] { insert(*connection, 1, "c"); }).kind == Kind::unique_violation);
        connection->rollback();
        insert(*connection, 3, "after an error");
        CHECK(count(*connection) == 2);
    });
}

TEST_CASE("mistakes in a statement are errors of no special kind, and the session goes on") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        create_tables(*connection);
        for (const char* sql : {"SELEC 1", R"(SELECT "nothing" FROM "parent")", R"(SELECT 1 FROM "nowhere")"})
            CHECK(error_of([&] { connection->query(sql, {}); }).kind == Kind::other);
        CHECK(count(*connection) == 0);
    });
}

TEST_CASE("who waits too long for the lock of another transaction is told that it was busy") {
    on_each_database([](const Address& given) {
        Address impatient = given;
        impatient.lock_wait = std::chrono::milliseconds(100);
        const auto holder = open(given), waiter = open(impatient);
        create_tables(*holder);
        insert(*holder, 1, "a");
        holder->begin();
        holder->execute(R"(UPDATE "parent" SET "name" = 'b' WHERE "id" = 1)");
        const auto update = [&] {
            waiter->begin();
            waiter->execute(R"(UPDATE "parent" SET "name" = 'c' WHERE "id" = 1)");
        };
        CHECK(error_of(update).kind == Kind::busy);
        waiter->rollback();
        holder->commit();
        update();
        waiter->commit();
        CHECK(holder->query(R"(SELECT "name" FROM "parent")", {}) == Rows{{std::string("c")}});
    });
}

TEST_CASE("after any failure the transaction can only be rolled back") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        create_tables(*connection);
        insert(*connection, 1, "a");
        const std::vector<std::function<void()>> failures{
            [&] { insert(*connection, 5, "a"); },
            [&] { connection->query(R"(INSERT INTO "parent" ("id", "name") VALUES (1, 'x') RETURNING "id")", {}); },
            [&] { connection->query("SELEC 1", {}); },
            [&] { insert(*connection, 5, "not UTF-8: \xff"); },
        };
        for (const auto& fail : failures) {
            connection->begin();
            insert(*connection, 2, "half");
            (void)error_of(fail);
            CHECK(error_of([&] { insert(*connection, 3, "the rest"); }).kind == Kind::other);
            CHECK(error_of([&] { (void)count(*connection); }).kind == Kind::other);
            CHECK(error_of([&] { connection->begin(); }).kind == Kind::other);
            CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
            connection->rollback();
            CHECK(count(*connection) == 1);
        }
        connection->begin();
        insert(*connection, 2, "b");
        connection->commit();
        CHECK(count(*connection) == 2);
    });
}

TEST_CASE("only a transaction that was begun can be committed, and only one at a time") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        create_tables(*connection);
        CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
        connection->begin();
        insert(*connection, 1, "a");
        CHECK(error_of([&] { connection->begin(); }).kind == Kind::other);
        connection->commit();
        CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
        CHECK(count(*connection) == 1);
        connection->begin();
        connection->rollback();
        CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
    });
}

TEST_CASE("after a time-out or deadlock the transaction can only be rolled back") {
    on_each_database([](const Address& given) {
        Address impatient = given;
        impatient.lock_wait = std::chrono::milliseconds(100);
        const auto holder = open(given), waiter = open(impatient);
        if (holder->dialect() == Dialect::sqlite) return;  // its second writer does not get as far as that
        create_tables(*holder);
        insert(*holder, 1, "a");
        holder->begin();
        holder->execute(R"(UPDATE "parent" SET "name" = 'b' WHERE "id" = 1)");
        waiter->begin();
        insert(*waiter, 2, "lost with the rest");
        CHECK(error_of([&] { waiter->execute(R"(UPDATE "parent" SET "name" = 'c' WHERE "id" = 1)"); }).kind ==
              Kind::busy);
        holder->rollback();
        // Whoever goes on as if nothing had happened must not store half of the work.
        CHECK(error_of([&] { insert(*waiter, 3, "half"); }).kind == Kind::other);
        CHECK(error_of([&] { waiter->commit(); }).kind == Kind::other);
        waiter->rollback();
        CHECK(count(*holder) == 1);
        waiter->begin();
        insert(*waiter, 4, "new");
        waiter->commit();
        CHECK(count(*holder) == 2);
    });
}

TEST_CASE("a guarded change decides on the newest row") {
    on_each_database([](const Address& address) {
        const auto first = open(address), second = open(address);
        create_tables(*first);
        insert(*first, 1, "new");
        const auto claim = R"(UPDATE "parent" SET "name" = 'claimed' WHERE "name" = 'new')";
        const auto name = R"(SELECT "name" FROM "parent")";
        if (first->dialect() == Dialect::sqlite) {
            CHECK(first->execute(claim) == 1);
            CHECK(second->execute(claim) == 0);
            return;
        }
        // The session has seen the row as new before the other one changes it.
        second->begin();
        CHECK(second->query(name, {}) == Rows{{std::string("new")}});
        CHECK(first->execute(claim) == 1);
        CHECK(second->query(name, {}) == Rows{{std::string("claimed")}});
        CHECK(second->execute(claim) == 0);
        second->commit();
    });
}

TEST_CASE("of two transactions that wait for each other one goes on") {
    on_each_database([](const Address& address) {
        const auto one = open(address);
        if (one->dialect() == Dialect::sqlite) return;  // one writer at a time
        create_tables(*one);
        insert(*one, 1, "a");
        insert(*one, 2, "b");
        std::atomic<int> busy = 0, done = 0;
        std::latch both_hold(2);
        const auto work = [&](std::int64_t first, std::int64_t second) {
            const auto connection = open(address);
            const auto update = R"(UPDATE "parent" SET "name" = ? WHERE "id" = ?)";
            connection->begin();
            try {
                connection->execute(update, {fmt::format("{}-{}", first, first), first});
                both_hold.arrive_and_wait();
                connection->execute(update, {fmt::format("{}-{}", first, second), second});
                connection->commit();
                ++done;
            } catch (const DatabaseError& error) {
                if (error.kind == Kind::busy) ++busy;
                connection->rollback();
            }
        };
        { const std::jthread a(work, 1, 2), b(work, 2, 1); }
        CHECK(busy == 1);
        CHECK(done == 1);
    });
}

TEST_CASE("four workers take every entry of a queue exactly once") {
    on_each_database([](const Address& address) {
        constexpr std::int64_t entries = 400;
        const auto connection = open(address);
        const bool sqlite = address.dialect == Dialect::sqlite;
        connection->execute(fmt::format(R"(CREATE TABLE "queue" ("id" BIGINT PRIMARY KEY, "owner" BIGINT){})",
                                        address.dialect == Dialect::mariadb ? " ENGINE=InnoDB" : ""));
        connection->begin();
        for (std::int64_t id = 1; id <= entries; ++id)
            connection->execute(R"(INSERT INTO "queue" ("id") VALUES (?))", {id});
        connection->commit();
        const auto claim = fmt::format(R"(SELECT "id" FROM "queue" WHERE "owner" IS NULL ORDER BY "id" LIMIT 1{})",
                                       sqlite ? "" : " FOR UPDATE SKIP LOCKED");
        std::vector<std::vector<std::int64_t>> taken(4);
        std::atomic<int> failures = 0;
        {
            std::vector<std::jthread> workers;
            for (std::size_t worker = 0; worker < taken.size(); ++worker)
                workers.emplace_back([&, worker] {
                    try {
                        const auto own = open(address);
                        for (;;) {
                            own->begin();
                            const Rows found = own->query(claim, {});
                            if (found.empty()) {
                                own->rollback();
                                return;
                            }
                            own->execute(R"(UPDATE "queue" SET "owner" = ? WHERE "id" = ?)",
                                         {static_cast<std::int64_t>(worker), found[0][0]});
                            own->commit();
                            taken[worker].push_back(std::get<std::int64_t>(found[0][0]));
                        }
                    } catch (const std::exception& error) {
                        ++failures;
                    }
                });
        }
        CHECK(failures == 0);
        std::multiset<std::int64_t> all;
        for (const auto& part : taken) all.insert(part.begin(), part.end());
        CHECK(all.size() == entries);
        CHECK(std::set<std::int64_t>(all.begin(), all.end()).size() == entries);
        CHECK(connection->query(R"(SELECT COUNT(*) FROM "queue" WHERE "owner" IS NULL)", {}) ==
              Rows{{std::int64_t{0}}});
    });
}

TEST_CASE("sessions that open a new database at the same time all get in") {
    on_each_database([](const Address& address) {
        std::atomic<int> failures = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i)
                threads.emplace_back([&] {
                    try {
                        open(address)->query("SELECT 1", {});
                    } catch (const std::exception&) {
                        ++failures;
                    }
                });
        }
        CHECK(failures == 0);
    });
}

TEST_CASE("a snapshot stays as it was at its begin and holds up nobody") {
    on_each_database([](const sql::Address& address) {
        const auto reader = sql::open(address);
        const auto writer = sql::open(address);
        writer->execute("CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY)");
        writer->execute("INSERT INTO t VALUES (1)");
        const auto count = [&] { return reader->query("SELECT COUNT(*) FROM t")[0][0]; };
        reader->begin_snapshot();
        writer->begin();
        writer->execute("INSERT INTO t VALUES (2)");
        writer->commit();
        CHECK(count() == Value(std::int64_t{1}));
        writer->execute("DELETE FROM t");
        CHECK(count() == Value(std::int64_t{1}));
        reader->rollback();
        CHECK(count() == Value(std::int64_t{0}));
        // The next transaction is a usual one again.
        reader->begin();
        reader->execute("INSERT INTO t VALUES (3)");
        reader->commit();
        CHECK(writer->query("SELECT COUNT(*) FROM t")[0][0] == Value(std::int64_t{1}));
    });
}
