// SPDX-License-Identifier: MIT
#include "store/copy.h"
#include "random_rows.h"
#include "store/sql/transaction.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>

using namespace mf;
using mf::sql::Dialect;
using mf::testing::add_random_rows;
using mf::testing::DatabaseServer;
using mf::testing::odd_moment;
using mf::testing::on_each_database;
using mf::testing::TemporaryDirectory;

namespace {

/// An empty database with the schema, and a session with it.
struct Place {
    explicit Place(sql::Address where) : address(std::move(where)) {
        Database database(address);
        if (const auto made = migrate(database, odd_moment); !made) throw std::runtime_error(made.error().message);
        connection = sql::open(address);
    }
    sql::Address address;
    std::unique_ptr<sql::Connection> connection;

    std::vector<TableDigest> digests() const { return *digest_tables(*connection, schema_tables()); }
    std::int64_t count(std::string_view table) const {
        return std::get<std::int64_t>(connection->query(fmt::format("SELECT COUNT(*) FROM \"{}\"", table))[0][0]);
    }
    /// The number that the next row of the audit gets.
    std::int64_t next_audit() const {
        return std::get<std::int64_t>(connection->query(
            R"(INSERT INTO "audit" ("at", "entity", "action", "details") VALUES (1, 'e', 'a', 'd') RETURNING "id")")
                                          [0][0]);
    }
};

/// Empty databases of each kind that there is here, this one first.
std::vector<sql::Address> one_of_each(const sql::Address& first, const TemporaryDirectory& directory) {
    std::vector<sql::Address> out{first};
    for (const auto dialect : {Dialect::sqlite, Dialect::postgres, Dialect::mariadb}) {
        if (dialect == first.dialect) continue;
        if (dialect == Dialect::sqlite)
            out.push_back({.database = directory.path() / "other.sqlite", .durable = false});
        else if (auto* server = DatabaseServer::get(dialect))
            out.push_back(server->fresh_database());
    }
    return out;
}

Result<std::vector<TableDigest>> copied(Place& from, Place& to, const CopySteps& steps = {}) {
    const sql::Transaction snapshot(*from.connection, sql::TransactionKind::snapshot);
    return copy_database(*from.connection, *to.connection, schema_tables(), steps);
}

}  // namespace

TEST_CASE("a copy that goes through every kind of database comes back as it was") {
    on_each_database([](const sql::Address& address) {
        for (const unsigned seed : {1U, 2U}) {
            CAPTURE(seed);
            std::mt19937 random(seed);
            const TemporaryDirectory directory;
            Place first(seed == 1 ? address : one_of_each(address, directory).back());
            add_random_rows(*first.connection, schema_tables(), random, 20);
            const auto original = first.digests();
            for (const auto& digest : original) CHECK_MESSAGE(digest.rows > 0, digest.table);
            const auto numbers = last_numbers(*first.connection, schema_tables());

            auto chain = one_of_each(first.address, directory);
            const TemporaryDirectory home;
            chain.push_back({.database = home.path() / "back.sqlite", .durable = false});
            auto before = std::make_unique<Place>(chain[0]);
            for (std::size_t i = 1; i < chain.size(); ++i) {
                INFO("to ", std::string(testing::name_of(chain[i].dialect)));
                auto next = std::make_unique<Place>(chain[i]);
                const auto copy = copied(*before, *next);
                const auto reason = copy ? std::string() : copy.error().message;
                INFO(reason);
                REQUIRE(copy);
                CHECK(*copy == original);
                CHECK(next->digests() == original);
                CHECK(last_numbers(*next->connection, schema_tables()) == numbers);
                before = std::move(next);
            }
        }
    });
}

TEST_CASE("numbers of rows that were removed are not given again by the copy") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from(address);
        const auto kept = from.next_audit();
        for (int i = 0; i < 5; ++i) from.next_audit();
        const auto last = from.next_audit();
        from.connection->execute(R"(DELETE FROM "audit" WHERE "id" > ?)", {kept});
        for (const auto& other : one_of_each({.database = directory.path() / "x", .durable = false}, directory)) {
            INFO("to ", std::string(testing::name_of(other.dialect)));
            Place to(other);
            REQUIRE(copied(from, to));
            CHECK(last_numbers(*to.connection, schema_tables()).at("audit") == last);
            CHECK(to.next_audit() == last + 1);
        }
        // And of rows that were all removed.
        from.connection->execute(R"(DELETE FROM "audit")");
        for (const auto& other : one_of_each({.database = directory.path() / "y", .durable = false}, directory)) {
            INFO("to ", std::string(testing::name_of(other.dialect)));
            if (other.database == (directory.path() / "other.sqlite").string()) continue;
            Place to(other);
            REQUIRE(copied(from, to));
            CHECK(to.next_audit() == last + 1);
        }
    });
}

TEST_CASE("numbers go on above what is wanted, and what is told is what the target holds in the end") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from({.database = directory.path() / "from", .durable = false});
        const auto last = from.next_audit();
        Place to(address);
        CopySteps steps;
        steps.at_least["audit"] = 1'999'999;
        steps.finish = [](sql::Connection& connection) {
            connection.execute(R"(DELETE FROM "audit")");
            return std::vector<std::string_view>{"audit"};
        };
        const auto told = copied(from, to, steps);
        REQUIRE(told);
        CHECK(*told == to.digests());
        CHECK(to.next_audit() == 2'000'000);
        // What the source has given counts where it is more.
        Place other({.database = directory.path() / "other", .durable = false});
        steps.at_least["audit"] = last - 1;
        REQUIRE(copied(from, other, steps));
        CHECK(other.next_audit() == last + 1);
    });
}

TEST_CASE("a table that never had a row begins with the number one in the copy") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from({.database = directory.path() / "from", .durable = false});
        Place to(address);
        REQUIRE(copied(from, to));
        CHECK(to.next_audit() == 1);
    });
}

TEST_CASE("a target that changes what is written is noticed and left as it was") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from({.database = directory.path() / "from", .durable = false});
        from.next_audit();
        Place to(address);
        to.connection->execute(
            R"(INSERT INTO "audit" ("at", "entity", "action", "details") VALUES (1, 'before', 'a', 'd'))");
        const auto before = to.digests();
        switch (address.dialect) {
            case Dialect::sqlite:
                to.connection->execute(R"(CREATE TRIGGER "t" AFTER INSERT ON "audit" BEGIN
                    UPDATE "audit" SET "details" = 'D' WHERE "id" = NEW."id"; END)");
                break;
            case Dialect::postgres:
                to.connection->execute(R"(CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN NEW."details" := ''D''; RETURN NEW; END')");
                to.connection->execute(
                    R"(CREATE TRIGGER "t" BEFORE INSERT ON "audit" FOR EACH ROW EXECUTE FUNCTION f())");
                break;
            case Dialect::mariadb:
                to.connection->execute(
                    R"(CREATE TRIGGER "t" BEFORE INSERT ON "audit" FOR EACH ROW SET NEW."details" = 'D')");
                break;
        }
        const auto copy = copied(from, to);
        REQUIRE(!copy);
        CHECK(copy.error().message.find("\"audit\"") != std::string::npos);
        CHECK(copy.error().message.find("nothing of it was kept") != std::string::npos);
        CHECK(to.digests() == before);
    });
}

TEST_CASE("a copy that is refused or interrupted changes nothing") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from({.database = directory.path() / "from", .durable = false});
        std::mt19937 random(3);
        add_random_rows(*from.connection, schema_tables(), random, 3);
        Place to(address);
        const auto before = to.digests();
        const auto refused = copied(from, to, {.check = [](sql::Connection&) -> Result<void> {
                                        return Error{ErrorCode::conflict, "No."};
                                    }});
        REQUIRE(!refused);
        CHECK(refused.error().message == "No.");
        int looks = 0;
        const auto interrupted = copied(
            from, to, {.progress = [&](std::string_view, std::string_view, std::int64_t) { return ++looks < 5; }});
        CHECK(!interrupted);
        CHECK(to.digests() == before);
        CHECK(occupied_tables(*to.connection, schema_tables()).empty());
        REQUIRE(copied(from, to));
        CHECK(occupied_tables(*to.connection, schema_tables()).size() > 15);
    });
}

TEST_CASE("what is committed during a copy is not in it") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from(address);
        for (int i = 0; i < 3; ++i) from.next_audit();
        Place other(address);
        Place to({.database = directory.path() / "to", .durable = false});
        const auto original = from.digests();
        const auto copy = copied(from, to, {.check = [&](sql::Connection&) -> Result<void> {
                                     other.next_audit();
                                     other.connection->execute(R"(UPDATE "audit" SET "details" = 'changed')");
                                     return {};
                                 }});
        REQUIRE(copy);
        CHECK(*copy == original);
        CHECK(to.digests() == original);
        CHECK(other.count("audit") > 3);
        CHECK(from.digests() == other.digests());
    });
}

TEST_CASE("every single value counts for a digest") {
    const TemporaryDirectory directory;
    Place place({.database = directory.path() / "x", .durable = false});
    place.next_audit();
    place.connection->query("PRAGMA foreign_keys=OFF", {});
    place.connection->execute(R"(INSERT INTO "application_exit_code" ("application_id", "exit_code", "severity",
                                 "description") VALUES (1, 1, 's', 'd'))");
    auto seen = place.digests();
    for (const char* change :
         {R"(UPDATE "audit" SET "details" = 'D')", R"(UPDATE "audit" SET "details" = '')",
          R"(UPDATE "audit" SET "entity_id" = 0)", R"(UPDATE "audit" SET "id" = 7)",
          R"(UPDATE "audit" SET "entity" = 'ea', "action" = '')",
          R"(UPDATE "audit" SET "action" = 'a', "details" = 'tb')",
          R"(UPDATE "audit" SET "action" = 'at', "details" = 'b')", R"(UPDATE "application_exit_code" SET "retry" = 0)",
          R"(UPDATE "application_exit_code" SET "retry" = 1)"}) {
        place.connection->execute(change);
        const auto now_seen = place.digests();
        CHECK_MESSAGE(now_seen != seen, change);
        CHECK(differences(seen, now_seen).size() == 1);
        seen = now_seen;
    }
}

TEST_CASE("a value of another kind than its column is told, not changed") {
    const TemporaryDirectory directory;
    Place place({.database = directory.path() / "x", .durable = false});
    place.next_audit();
    place.connection->execute(R"(UPDATE "audit" SET "at" = 'soon')");
    try {
        place.digests();
        FAIL("no error");
    } catch (const sql::DatabaseError& error) {
        CHECK(std::string_view(error.what()).find(R"("at" of the table "audit")") != std::string_view::npos);
    }
}

TEST_CASE("nobody writes into a database while it is filled") {
    on_each_database([](const sql::Address& address) {
        // Locking tables would end the transaction of MariaDB.
        if (address.dialect == Dialect::mariadb) return;
        const TemporaryDirectory directory;
        Place from({.database = directory.path() / "from", .durable = false});
        Place to(address);
        auto impatient = address;
        impatient.lock_wait = std::chrono::milliseconds(50);
        const Place other(impatient);
        int checks = 0;
        REQUIRE(copied(from, to, {.check = [&](sql::Connection&) -> Result<void> {
                           if (++checks == 2) CHECK_THROWS_AS(other.next_audit(), sql::DatabaseError);
                           return {};
                       }}));
        CHECK(checks == 2);
        CHECK(to.count("audit") == 0);
    });
}

TEST_CASE("a table of many pages is read completely, whatever its key and the size of its rows") {
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        Place from(address);
        // Keys of two columns, whose first one stays the same over the end of a page; negative ones come first.
        from.connection->begin();
        for (std::int64_t company = -1; company < 2; ++company)
            for (std::int64_t hour = 0; hour < 600; ++hour)
                from.connection->execute(R"(INSERT INTO "job_count" ("company_id", "hour") VALUES (?, ?))",
                                         {company, hour});
        for (const std::int64_t content : {1, 2}) {
            from.connection->execute(R"(INSERT INTO "content" ("id", "size") VALUES (?, -1))", {content});
            for (std::int64_t seq = 0; seq < 13; ++seq)
                from.connection->execute(
                    R"(INSERT INTO "content_piece" ("content_id", "seq", "bytes") VALUES (?, ?, ?))",
                    {content, seq, Bytes{std::string(1 << 20, '\xff')}});
        }
        from.connection->commit();
        Place to({.database = directory.path() / "to", .durable = false});
        REQUIRE(copied(from, to));
        CHECK(to.count("job_count") == 1800);
        CHECK(to.count("content_piece") == 26);
        CHECK(to.digests() == from.digests());
    });
}
