// SPDX-License-Identifier: MIT
// What Database::write repeats, by failures that servers really have: each change is made once in the end.
#include "contract/database/error_of.h"
#include "store/database.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <latch>
#include <mutex>
#include <thread>

using namespace mf;
using namespace mf::sql;
using mf::testing::DatabaseServer;
using mf::testing::on_each_server;
using Cause = DatabaseError::Cause;
using Kind = DatabaseError::Kind;

namespace {

/// The errors of statements that a test has sent, seen before they reach the database layer.
class Seen {
public:
    void execute(Session& session, std::string_view statement, std::initializer_list<Value> parameters = {}) {
        try {
            session.sql.execute(statement, parameters);
        } catch (const DatabaseError& error) {
            const std::lock_guard lock(mutex_);
            errors.push_back(error);
            throw;
        }
    }
    std::vector<DatabaseError> errors;

private:
    std::mutex mutex_;
};

bool has(const DatabaseError& error, std::string_view part) {
    return std::string_view(error.what()).find(part) != std::string_view::npos;
}

/// Two rows, 1 and 2, that count from 0.
void create_counters(Connection& connection) {
    connection.execute(R"(CREATE TABLE "t" ("id" BIGINT NOT NULL PRIMARY KEY, "n" BIGINT NOT NULL))");
    connection.execute(R"(INSERT INTO "t" VALUES (1, 0), (2, 0))");
}
Rows counters(Connection& connection) { return connection.query(R"(SELECT "n" FROM "t" ORDER BY "id")", {}); }
Rows both(std::int64_t first, std::int64_t second) { return {{first}, {second}}; }

/// Opens sessions whose transactions are isolated better than those of the program.
Database::Options isolated(std::string_view level) {
    return {.open = [level](const Address& address) {
        auto connection = open(address);
        if (address.dialect == Dialect::postgres) {
            connection->execute(fmt::format("SET default_transaction_isolation = '{}'", level));
        } else {
            connection->execute(fmt::format("SET SESSION TRANSACTION ISOLATION LEVEL {}", level));
            // Without it the newer value is changed unseen.
            connection->execute("SET SESSION innodb_snapshot_isolation = ON");
        }
        return connection;
    }};
}

/// A server takes no changes; once a change was refused, make_writable() changes that.
void check_waits_until_writable(const Address& address, const std::function<void()>& make_writable) {
    Database database(address);
    Seen seen;
    int attempts = 0;
    std::latch refused(1);
    const std::jthread failover([&] {
        refused.wait();
        make_writable();
    });
    const auto rows = database.write([&](Session& session) {
        const bool is_first = ++attempts == 1;
        try {
            seen.execute(session, R"(INSERT INTO "t" VALUES (3, 0))");
        } catch (const DatabaseError&) {
            if (is_first) refused.count_down();
            throw;
        }
        if (is_first) refused.count_down();
        return session.sql.query(R"(SELECT "id" FROM "t" WHERE "id" > 2)", {});
    });
    CHECK(rows == Rows{{std::int64_t{3}}});
    REQUIRE(!seen.errors.empty());
    CHECK(seen.errors.size() == static_cast<std::size_t>(attempts - 1));
    for (const auto& error : seen.errors) {
        CHECK(error.kind == Kind::refused);
        CHECK(error.cause == Cause::read_only);
    }
}

/// Longer than its patience nobody waits, and reading goes on.
void check_is_told(const Address& address) {
    Database impatient(address, {.patience = std::chrono::milliseconds(50)});
    const auto error = error_of(
        [&] { impatient.write([](Session& session) { session.sql.execute(R"(INSERT INTO "t" VALUES (4, 0))"); }); });
    CHECK(error.kind == Kind::refused);
    CHECK(error.cause == Cause::read_only);
    CHECK(std::string(error.what()).ends_with("It takes no changes, as a standby does: use the server that does."));
    CHECK(impatient.read([](Session& session) { return counters(session.sql); }) == both(0, 0));
}

}  // namespace

TEST_CASE("a transaction that ends in a deadlock is repeated, and both of them are made once") {
    on_each_server([](const Address& address, DatabaseServer&) {
        create_counters(*open(address));
        Database database(address);
        Seen seen;
        std::atomic<int> attempts = 0;
        std::latch both_hold(2);
        const auto work = [&](std::int64_t first, std::int64_t second) {
            const auto add = R"(UPDATE "t" SET "n" = "n" + 1 WHERE "id" = ?)";
            database.write([&, own = 0](Session& session) mutable {
                ++attempts;
                seen.execute(session, add, {first});
                if (++own == 1) both_hold.arrive_and_wait();
                seen.execute(session, add, {second});
            });
        };
        { const std::jthread a(work, 1, 2), b(work, 2, 1); }
        // The one that begins anew may be so quick that they meet again.
        REQUIRE(!seen.errors.empty());
        CHECK(attempts.load() == static_cast<int>(seen.errors.size()) + 2);
        for (const auto& error : seen.errors) {
            CHECK(error.kind == Kind::busy);
            CHECK(has(error, address.dialect == Dialect::postgres ? "deadlock detected" : "(1213)"));
        }
        CHECK(counters(*open(address)) == both(2, 2));
    });
}

TEST_CASE("a transaction that another one has overtaken is repeated with what that has left") {
    on_each_server([](const Address& address, DatabaseServer&) {
        const auto other = open(address);
        create_counters(*other);
        Database database(address, isolated("repeatable read"));
        Seen seen;
        int attempts = 0;
        database.write([&](Session& session) {
            const auto n = std::get<std::int64_t>(counters(session.sql)[0][0]);
            if (++attempts == 1) other->execute(R"(UPDATE "t" SET "n" = "n" + 10 WHERE "id" = 1)");
            seen.execute(session, R"(UPDATE "t" SET "n" = ? WHERE "id" = 1)", {n + 1});
        });
        CHECK(attempts == 2);
        REQUIRE(seen.errors.size() == 1);
        CHECK(seen.errors[0].kind == Kind::busy);
        CHECK(has(seen.errors[0], address.dialect == Dialect::postgres ? "could not serialize access" : "(1020)"));
        CHECK(counters(*other) == both(11, 0));
    });
}

TEST_CASE("a serialisation failure that PostgreSQL tells at the commit is repeated") {
    auto* server = DatabaseServer::get(Dialect::postgres);
    if (!server) return;
    const auto address = server->fresh_database();
    const auto options = isolated("serializable");
    const auto other = options.open(address);
    create_counters(*other);
    Database database(address, options);
    // Each of both may count the one row only while the other row is 0.
    const auto count_if_alone = [](Connection& connection, std::int64_t id) {
        if (counters(connection) == both(0, 0)) connection.execute(R"(UPDATE "t" SET "n" = 1 WHERE "id" = ?)", {id});
    };
    int attempts = 0, done = 0;
    database.write([&](Session& session) {
        ++attempts;
        count_if_alone(session.sql, 1);
        if (attempts == 1) {
            other->begin();
            count_if_alone(*other, 2);
            other->commit();
        }
        ++done;
    });
    CHECK(attempts == 2);
    CHECK(done == 2);  // what failed was no statement
    CHECK(counters(*other) == both(0, 1));
}

TEST_CASE("a standby of PostgreSQL is waited for until it is promoted") {
    auto* primary = DatabaseServer::get(Dialect::postgres);
    if (!primary) return;
    auto address = primary->fresh_database();
    create_counters(*open(address));
    const auto standby = primary->standby();
    address = standby->over_tcp(address);
    check_is_told(address);
    check_waits_until_writable(address, [&] { open(address)->query("SELECT pg_promote(TRUE, 60)", {}); });
    CHECK(open(address)->query("SELECT pg_is_in_recovery()", {}) == Rows{{false}});
}

TEST_CASE("a server of MariaDB that is read-only is waited for until it takes changes again") {
    auto* server = DatabaseServer::get(Dialect::mariadb);
    if (!server) return;
    auto address = server->fresh_database();
    const auto owner = open(address);
    create_counters(*owner);
    owner->execute(fmt::format("CREATE USER {}_app@localhost IDENTIFIED BY 'pw'", address.database));
    owner->execute(fmt::format("GRANT ALL ON {0}.* TO {0}_app@localhost", address.database));
    address.user = address.database + "_app";
    address.password = "pw";
    struct Writable {
        Connection& owner;
        ~Writable() { owner.execute("SET GLOBAL read_only = 0"); }
    } writable_again{*owner};
    const auto set_read_only = [&](int on) { owner->execute(fmt::format("SET GLOBAL read_only = {}", on)); };

    set_read_only(1);
    check_is_told(address);
    check_waits_until_writable(address, [&] { set_read_only(0); });

    // In the middle of a transaction: its commit is refused, and nothing of it was made.
    Database database(address);
    int attempts = 0, done = 0;
    std::optional<Rows> between;
    database.write([&](Session& session) {
        if (++attempts == 2) {
            between = counters(*owner);
            set_read_only(0);
        }
        session.sql.execute(R"(UPDATE "t" SET "n" = "n" + 1 WHERE "id" = 1)");
        if (attempts == 1) set_read_only(1);
        ++done;
    });
    CHECK(attempts == 2);
    CHECK(done == 2);
    CHECK(between == Rows{{std::int64_t{0}}, {std::int64_t{0}}, {std::int64_t{0}}});
    CHECK(counters(*owner) == Rows{{std::int64_t{1}}, {std::int64_t{0}}, {std::int64_t{0}}});
}
