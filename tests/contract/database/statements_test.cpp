// SPDX-License-Identifier: MIT
#include "contract/database/error_of.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::sql;
using mf::testing::DatabaseServer;
using mf::testing::on_each_database;
using Kind = DatabaseError::Kind;

// What happens to prepared statements, and what is said about those that fail.
namespace {

constexpr std::size_t rows_of_table = 500;  // more than arrives in one piece

void create_short_table(Connection& connection) {
    connection.execute(R"(CREATE TABLE "t" ("a" BIGINT, "b" VARCHAR(200)))");
    connection.begin();
    for (std::size_t i = 0; i < rows_of_table; ++i)
        connection.execute(R"(INSERT INTO "t" ("a", "b") VALUES (?, ?))", {std::int64_t{1}, std::string(150, 'x')});
    connection.commit();
}

void grow(Connection& connection, const char* column) {
    connection.execute(fmt::format(R"(ALTER TABLE "t" ADD COLUMN "{}" BIGINT)", column));
}

/// That the session is still in step with the server.
void check_in_step(Connection& connection) {
    CHECK(connection.query("SELECT 'still', 5", {}) == Rows{{std::string("still"), std::int64_t{5}}});
}

}  // namespace

TEST_CASE("a statement whose table has grown is prepared anew and repeated") {
    on_each_database([](const Address& address) {
        const auto connection = open(address), other = open(address);
        create_short_table(*connection);
        const auto everything = R"(SELECT * FROM "t")", named = R"(SELECT "a" FROM "t")";
        CHECK(connection->query(everything, {}).at(0).size() == 2);
        CHECK(connection->query(named, {}).size() == rows_of_table);
        grow(*other, "c");
        const Rows grown = connection->query(everything, {});
        CHECK(grown.size() == rows_of_table);
        CHECK(grown.at(0).size() == 3);
        check_in_step(*connection);
        CHECK(connection->query(named, {}).size() == rows_of_table);
        CHECK(connection->query(everything, {}).at(0).size() == 3);
    });
}

TEST_CASE("in a transaction a statement whose table has grown is right or busy, and right the next time") {
    on_each_database([](const Address& address) {
        const auto connection = open(address), other = open(address);
        create_short_table(*connection);
        const auto everything = R"(SELECT * FROM "t")";
        CHECK(connection->query(everything, {}).at(0).size() == 2);
        grow(*other, "c");
        connection->begin();
        if (address.dialect != Dialect::sqlite) {
            CHECK(error_of([&] { connection->query(everything, {}); }).kind == Kind::busy);
            CHECK(error_of([&] { connection->commit(); }).kind == Kind::other);
            connection->rollback();
            connection->begin();
        }
        CHECK(connection->query(everything, {}).at(0).size() == 3);
        check_in_step(*connection);
        connection->commit();
    });
}

TEST_CASE("a change that came back in an unexpected shape is not made a second time") {
    on_each_database([](const Address& address) {
        const auto connection = open(address), other = open(address);
        create_short_table(*connection);
        const auto insert = R"(INSERT INTO "t" ("a") VALUES (7) RETURNING *)";
        CHECK(connection->query(insert, {}).size() == 1);
        grow(*other, "c");
        // MariaDB has made the change before the library finds the answer too wide.
        if (address.dialect == Dialect::mariadb)
            CHECK(error_of([&] { connection->query(insert, {}); }).kind == Kind::other);
        else
            CHECK(connection->query(insert, {}).at(0).size() == 3);
        check_in_step(*connection);
        CHECK(connection->query(R"(SELECT COUNT(*) FROM "t" WHERE "a" = 7)", {}) == Rows{{std::int64_t{2}}});
    });
}

TEST_CASE("PostgreSQL: what it does not support is no reason to repeat") {
    auto* server = DatabaseServer::get(Dialect::postgres);
    if (!server) return;
    const auto connection = open(server->fresh_database());
    connection->begin();
    // Has the same code as a plan that does not fit any more.
    CHECK(error_of([&] { connection->execute("DO 'BEGIN RAISE feature_not_supported; END'"); }).kind == Kind::other);
    connection->rollback();
}

TEST_CASE("what is said about a row that breaks a rule does not show it: it may hold a secret") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        connection->execute(R"(CREATE TABLE "t" ("a" BIGINT NOT NULL, "b" VARCHAR(20)))");
        const auto error = error_of([&] {
            connection->execute(R"(INSERT INTO "t" ("a", "b") VALUES (?, ?))", {Value{}, std::string("hunter2")});
        });
        CHECK(error.kind == Kind::other);
        CHECK(std::string(error.what()).find("hunter2") == std::string::npos);
    });
}

TEST_CASE("question marks in texts, names and comments are no parameters") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        connection->execute(R"(CREATE TABLE "wh?t" ("a?" VARCHAR(20), "n" BIGINT))");
        CHECK(connection->execute(R"(INSERT INTO "wh?t" ("a?", "n") VALUES ('it''s ?', ?))", {std::int64_t{7}}) == 1);
        CHECK(connection->query(R"(SELECT "a?", '?' /* ? it's */ FROM "wh?t" -- ? "quoted
                                   WHERE "n" = ? AND "a?" = ?)",
                                {std::int64_t{7}, std::string("it's ?")}) ==
              Rows{{std::string("it's ?"), std::string("?")}});
    });
}

TEST_CASE("what a column lacks changes from row to row, and is not taken from the row before") {
    on_each_database([](const Address& address) {
        const auto connection = open(address);
        const bool postgres = address.dialect == Dialect::postgres;
        connection->execute(fmt::format(
            R"(CREATE TABLE "t" ("id" BIGINT PRIMARY KEY, "n" BIGINT, "r" DOUBLE PRECISION, "s" {}, "o" {}))",
            address.dialect == Dialect::mariadb ? "LONGTEXT" : "TEXT",
            postgres                              ? "BYTEA"
            : address.dialect == Dialect::mariadb ? "LONGBLOB"
                                                  : "BLOB"));
        Rows expected;
        connection->begin();
        for (std::int64_t i = 0; i < 1000; ++i) {
            const auto unless = [&](std::int64_t divisor, Value value) { return i % divisor == 0 ? Value{} : value; };
            const auto length = static_cast<std::size_t>(i);
            expected.push_back({i, unless(3, -i), unless(5, static_cast<double>(i) / 8),
                                unless(7, std::string(length, 'a')), unless(11, Bytes{std::string(length, '\0')})});
            connection->execute(R"(INSERT INTO "t" VALUES (?, ?, ?, ?, ?))", expected.back());
        }
        connection->commit();
        CHECK((connection->query(R"(SELECT * FROM "t" ORDER BY "id")", {}) == expected));
    });
}

TEST_CASE("PostgreSQL: exact numbers of every size") {
    auto* server = DatabaseServer::get(Dialect::postgres);
    if (!server) return;
    const auto connection = open(server->fresh_database());
    const auto one = [&](const std::string& number) {
        return connection->query("SELECT " + number + "::numeric", {}).at(0).at(0);
    };
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-7}, std::int64_t{10'000}, INT64_MAX, INT64_MIN})
        CHECK(one(fmt::format("'{}'", number)) == Value(number));
    CHECK(one("9223372036854775808") == Value(9223372036854775808.0));
    CHECK(one("-0.0001") == Value(-0.0001));
    CHECK(one("100000000.5") == Value(100000000.5));
    CHECK(one("1e30") == Value(1e30));
}

TEST_CASE("MariaDB: times come as texts, unsigned numbers up to the largest signed one are whole") {
    auto* server = DatabaseServer::get(Dialect::mariadb);
    if (!server) return;
    const auto connection = open(server->fresh_database());
    CHECK(connection->query("SELECT TIMESTAMP '2026-11-23 10:11:12', DATE '2026-11-23'", {}) ==
          Rows{{std::string("2026-11-23 10:11:12"), std::string("2026-11-23")}});
    CHECK(connection->query("SELECT CAST(9223372036854775807 AS UNSIGNED)", {}) == Rows{{std::int64_t{INT64_MAX}}});
}
