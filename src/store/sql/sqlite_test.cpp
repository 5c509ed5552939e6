// SPDX-License-Identifier: MIT
#include "store/sql/connection.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

using namespace mf;
using namespace mf::sql;
using mf::testing::TemporaryDirectory;

namespace {

DatabaseError error_of(auto&& action) {
    try {
        action();
    } catch (const DatabaseError& error) {
        return error;
    }
    FAIL("no error");
    throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a new database file is private to its owner, its side files too") {
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "new.sqlite").string();
    auto connection = open({.dialect = Dialect::sqlite, .database = path});
    connection->execute("CREATE TABLE t (a INTEGER)");
    for (const std::string suffix : {"", "-wal", "-shm"}) {
        struct stat status {};
        REQUIRE(stat((path + suffix).c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a database that root makes belongs to the owner of the directory, its side files too") {
    if (::geteuid() != 0) return;
    const TemporaryDirectory directory;
    REQUIRE(::chown(directory.path().c_str(), 65534, 65533) == 0);
    const auto path = (directory.path() / "new.sqlite").string();
    auto connection = open({.dialect = Dialect::sqlite, .database = path});
    connection->execute("CREATE TABLE t (a INTEGER)");
    for (const std::string suffix : {"", "-wal", "-shm"}) {
        struct stat status {};
        REQUIRE(stat((path + suffix).c_str(), &status) == 0);
        CHECK(status.st_uid == 65534);
        CHECK(status.st_gid == 65533);
        CHECK((status.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a file in the wrong place is refused with a sentence that says what to do") {
    const TemporaryDirectory directory;
    const auto missing = error_of([&] { (void)open({.database = (directory.path() / "no" / "x.sqlite").string()}); });
    CHECK(missing.kind == DatabaseError::Kind::refused);
    CHECK(std::string(missing.what()).ends_with("Create its directory first, owned by the user of the server."));

    const auto folder = error_of([&] { (void)open({.database = directory.path().string()}); });
    CHECK(folder.kind == DatabaseError::Kind::refused);
    CHECK(std::string(folder.what()).ends_with("Name a file."));

    const auto text = (directory.path() / "text").string();
    std::ofstream(text) << std::string(5000, 'x');
    const auto foreign = error_of([&] { (void)open({.database = text}); });
    CHECK(foreign.kind == DatabaseError::Kind::refused);
    CHECK(std::string(foreign.what()).find("not an SQLite database") != std::string::npos);
    const auto foreign_read = error_of([&] { (void)open({.database = text, .read_only = true}); });
    CHECK(foreign_read.kind == DatabaseError::Kind::refused);
}

TEST_CASE("a connection for reading neither makes nor changes the file") {
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "x.sqlite").string();
    CHECK(error_of([&] { (void)open({.database = path, .read_only = true}); }).kind == DatabaseError::Kind::refused);
    CHECK(!std::filesystem::exists(path));

    auto writer = open({.database = path});
    writer->execute("CREATE TABLE t (a INTEGER)");
    writer->execute("INSERT INTO t VALUES (1)");
    auto reader = open({.database = path, .read_only = true});
    CHECK(reader->query("SELECT a FROM t", {}) == Rows{{std::int64_t{1}}});
    CHECK(error_of([&] { reader->execute("INSERT INTO t VALUES (2)"); }).kind == DatabaseError::Kind::refused);
}

TEST_CASE("a connection for reading leaves nothing beside a file that nobody uses, and sees who comes later") {
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "odd 100%?#.sqlite").string();
    const auto files = [&] { return std::distance(std::filesystem::directory_iterator(directory.path()), {}); };
    {
        auto writer = open({.database = path});
        writer->execute("CREATE TABLE t (a INTEGER)");
        writer->execute("INSERT INTO t VALUES (1)");
    }
    REQUIRE(files() == 1);
    auto reader = open({.database = path, .read_only = true});
    const auto select = "SELECT a FROM t ORDER BY a";
    CHECK(reader->query(select, {}) == Rows{{std::int64_t{1}}});
    CHECK(error_of([&] { reader->execute("INSERT INTO t VALUES (2)"); }).kind == DatabaseError::Kind::refused);
    CHECK(files() == 1);
    SUBCASE("a writer that stays") {
        auto writer = open({.database = path});
        writer->execute("INSERT INTO t VALUES (2)");
        CHECK(reader->query(select, {}) == Rows{{std::int64_t{1}}, {std::int64_t{2}}});
        writer->execute("INSERT INTO t VALUES (3)");
        CHECK(reader->query(select, {}) == Rows{{std::int64_t{1}}, {std::int64_t{2}}, {std::int64_t{3}}});
    }
    SUBCASE("a writer that has gone again") {
        const auto before = reader->change_counter();
        open({.database = path})->execute("INSERT INTO t VALUES (2)");
        CHECK(reader->change_counter() != before);
        CHECK(files() == 1);
        CHECK(reader->query(select, {}) == Rows{{std::int64_t{1}}, {std::int64_t{2}}});
    }
}

TEST_CASE("the change counter moves when another connection commits") {
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "x.sqlite").string();
    auto one = open({.database = path});
    auto two = open({.database = path});
    one->execute("CREATE TABLE t (a INTEGER)");
    const auto before = two->change_counter();
    CHECK(two->change_counter() == before);
    one->execute("INSERT INTO t VALUES (1)");
    CHECK(two->change_counter() != before);
}

TEST_CASE("a text in double quotes is a name, never a value") {
    const TemporaryDirectory directory;
    auto connection = open({.database = (directory.path() / "x.sqlite").string()});
    CHECK(error_of([&] { connection->query("SELECT \"nothing\"", {}); }).kind == DatabaseError::Kind::other);
}

TEST_CASE("a file system without shared memory is refused: SQLite would keep the old journal without a word") {
    // Locks by means of extra files and has no shared memory, like many network file systems.
    struct OtherFileSystem {
        sqlite3_vfs* const usual = sqlite3_vfs_find(nullptr);
        OtherFileSystem() { sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1); }
        ~OtherFileSystem() { sqlite3_vfs_register(usual, 1); }
    };
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "x.sqlite").string();
    {
        const OtherFileSystem network;
        const auto error = error_of([&] { (void)open({.database = path}); });
        CHECK(error.kind == DatabaseError::Kind::refused);
        CHECK(std::string(error.what()).ends_with("Put it on a local disk."));
    }
    CHECK(open({.database = path})->query("SELECT 1", {}).size() == 1);
}

TEST_CASE("opening another session keeps the locks of the first") {
    const TemporaryDirectory directory;
    const auto path = (directory.path() / "x.sqlite").string();
    const auto first = open({.database = path});
    first->execute("CREATE TABLE t (a INTEGER)");
    struct stat file {};
    REQUIRE(stat(path.c_str(), &file) == 0);
    const auto locked = [&] {
        std::ifstream locks("/proc/locks");
        const auto inode = fmt::format(":{} ", file.st_ino), process = fmt::format(" {} ", getpid());
        for (std::string line; std::getline(locks, line);)
            if (line.find(inode) != std::string::npos && line.find(process) != std::string::npos) return true;
        return false;
    };
    REQUIRE(locked());
    // Closing any descriptor of the file would drop them, and another program could take the file for unused.
    (void)open({.database = path});
    CHECK(locked());
    (void)open({.database = path, .read_only = true});
    CHECK(locked());
}

TEST_CASE("a database in memory is of its session alone and leaves no file") {
    const Address memory{.database = ":memory:"};
    auto one = open(memory);
    one->execute("CREATE TABLE t (a INTEGER)");
    one->begin();
    one->execute("INSERT INTO t VALUES (1)");
    one->rollback();
    CHECK(one->query("SELECT COUNT(*) FROM t", {}) == Rows{{std::int64_t{0}}});
    CHECK(open(memory)->query("SELECT COUNT(*) FROM sqlite_master", {}) == Rows{{std::int64_t{0}}});
    CHECK(!std::filesystem::exists(":memory:"));
}
