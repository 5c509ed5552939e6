// SPDX-License-Identifier: MIT
#include "store/database.h"

#include "store/migration.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>
#include <thread>

using namespace mf;

namespace {

/// Locks of this process on a file, as the kernel lists them (man 5 proc, /proc/locks).
int locks_held(const std::string& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    std::ifstream locks("/proc/locks");
    int count = 0;
    for (std::string line; std::getline(locks, line);)
        if (line.find(fmt::format(" {} ", ::getpid())) != std::string::npos &&
            line.find(fmt::format(":{} ", status.st_ino)) != std::string::npos)
            ++count;
    return count;
}

}  // namespace

TEST_CASE("opening a second connection keeps the locks of the first") {
    const testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "a.db").string();
    auto first = sql::open({.database = file});
    first->execute("CREATE TABLE t (a)");
    first->query("SELECT * FROM t");
    REQUIRE(locks_held(file) > 0);
    auto second = sql::open({.database = file});
    second->query("SELECT * FROM t");
    CHECK(locks_held(file) > 0);
}

TEST_CASE("a failed result and an exception roll back") {
    const testing::TemporaryDirectory directory;
    Database database({.database = (directory.path() / "a.db").string()});
    REQUIRE(migrate(database, Timestamp{}));
    const auto insert = [](Session& session) {
        session.sql.execute(R"(INSERT INTO "user" ("login", "created_at") VALUES ('a', 0))");
    };
    CHECK_FALSE(database.write([&](Session& session) -> Result<void> {
        insert(session);
        return Error{ErrorCode::invalid, "no"};
    }));
    CHECK_THROWS(database.write([&](Session& session) {
        insert(session);
        throw std::runtime_error("no");
    }));
    const auto count = [&] {
        return database.read([](Session& session) {
            return std::get<std::int64_t>(session.sql.query(R"(SELECT COUNT(*) FROM "user")")[0][0]);
        });
    };
    CHECK(count() == 0);
    database.write(insert);
    CHECK(count() == 1);
}

TEST_CASE("a database that is away is not waited for any more once a program ends") {
    using sql::DatabaseError;
    const testing::TemporaryDirectory directory;
    bool is_away = true;
    int attempts = 0;
    const auto open = [&](const sql::Address& address) {
        ++attempts;
        if (is_away) throw DatabaseError(DatabaseError::Kind::lost, "away", DatabaseError::Cause::server);
        return sql::open(address);
    };
    Database database({.database = (directory.path() / "a.db").string()},
                      {.patience = std::chrono::hours(1), .open = open});
    const auto one = [](Session&) { return 1; };
    // What waits already ends, too.
    std::jthread waiting([&] { CHECK_THROWS_AS(database.read(one), DatabaseError); });
    database.give_up_within(std::chrono::milliseconds(100));
    waiting.join();
    CHECK(database.has_given_up());
    const auto before = attempts;
    is_away = false;
    CHECK_THROWS_AS(database.write(one), DatabaseError);
    CHECK(attempts == before);
    // A later end does not take the place of the earlier one.
    database.give_up_within(std::chrono::hours(1));
    CHECK(database.has_given_up());
    database.wait_again();
    CHECK_FALSE(database.has_given_up());
    CHECK(database.read(one) == 1);
    // A session that is there is used on.
    database.give_up_within(std::chrono::milliseconds(0));
    CHECK(database.read(one) == 1);
}

TEST_CASE("a thread that asks for a second session is told so") {
    const testing::TemporaryDirectory directory;
    Database database({.database = (directory.path() / "a.db").string()});
    CHECK_THROWS_AS(database.read([&](Session&) { return database.read([](Session&) { return 0; }); }),
                    std::logic_error);
    CHECK(database.read([](Session&) { return 1; }) == 1);
}

TEST_CASE("a newer database is refused and not touched") {
    const testing::TemporaryDirectory directory;
    Database database({.database = (directory.path() / "a.db").string()});
    REQUIRE(migrate(database, Timestamp{}));
    database.write([](Session& session) {
        session.sql.execute(
            R"(INSERT INTO "migration" ("number", "name", "checksum", "applied_at") VALUES (9999, 'future', '', 0))");
    });
    const auto refused = migrate(database, Timestamp{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("9999") != std::string::npos);
}

TEST_CASE("a step that was changed after it was applied is refused") {
    const testing::TemporaryDirectory directory;
    Database database({.database = (directory.path() / "a.db").string()});
    REQUIRE(migrate(database, Timestamp{}));
    database.write(
        [](Session& session) { session.sql.execute(R"(UPDATE "migration" SET "checksum" = 'x' WHERE "number" = 2)"); });
    CHECK_FALSE(migrate(database, Timestamp{}));
}
