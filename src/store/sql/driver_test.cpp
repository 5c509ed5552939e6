// SPDX-License-Identifier: MIT
#include "store/sql/driver.h"

#include <doctest/doctest.h>
#include <limits>
#include <utility>

using namespace mf;
using namespace mf::sql;

TEST_CASE("question marks become numbers, but not in texts, names and comments") {
    const auto numbered = with_numbered_parameters("SELECT ?, 'it''s ?', \"a?\"\"?\", -- ?\n ? /* ? */ + ?");
    CHECK(numbered.sql == "SELECT $1, 'it''s ?', \"a?\"\"?\", -- ?\n $2 /* ? */ + $3");
    CHECK(numbered.parameters == 3);
    CHECK(with_numbered_parameters("").sql.empty());
    CHECK(with_numbered_parameters("'open ?").sql == "'open ?");
    CHECK(with_numbered_parameters("? -- end ?").sql == "$1 -- end ?");
    CHECK(with_numbered_parameters("a - ? / ?").sql == "a - $1 / $2");
}

TEST_CASE("what a library says becomes one sentence on one line") {
    CHECK(failure_sentence("X has failed", "\r\n  connection refused\n\tIs the server\trunning there?\n", " Look.") ==
          "X has failed: connection refused Is the server running there? Look.");
    CHECK(failure_sentence("X has failed", "FATAL:  no pg_hba.conf entry.\n", "") ==
          "X has failed: FATAL: no pg_hba.conf entry.");
    CHECK(failure_sentence("X has failed", "it is gone", " Look.") == "X has failed: it is gone. Look.");
    CHECK(failure_sentence("X has failed", "it is gone", "") == "X has failed: it is gone.");
}

TEST_CASE("exact decimals without a fraction are whole numbers as long as they fit") {
    CHECK(number_from_decimal("12") == Value(std::int64_t{12}));
    CHECK(number_from_decimal("-9223372036854775808") == Value(std::numeric_limits<std::int64_t>::min()));
    CHECK(number_from_decimal("9223372036854775808") == Value(9223372036854775808.0));
    CHECK(number_from_decimal("1.50") == Value(1.5));
    CHECK(std::holds_alternative<double>(number_from_decimal("NaN")));
}

TEST_CASE("the statement that was not used for the longest time goes first") {
    struct Handle {
        explicit Handle(int& count) : alive(&count) { ++*alive; }
        Handle(Handle&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
        Handle& operator=(Handle&&) = delete;
        ~Handle() {
            if (alive) --*alive;
        }
        int* alive;
    };
    int alive = 0;
    std::vector<std::string> prepared;
    StatementCache<Handle> cache;
    const auto use = [&](const std::string& sql) {
        cache.get(sql, [&](std::string_view text) {
            prepared.emplace_back(text);
            return Handle(alive);
        });
    };
    use("first");
    use("second");
    for (std::size_t i = 2; i < StatementCache<Handle>::capacity; ++i) use("filler " + std::to_string(i));
    use("first");
    use("one too many");
    CHECK(alive == static_cast<int>(StatementCache<Handle>::capacity));
    prepared.clear();
    use("first");
    CHECK(prepared.empty());
    use("second");
    CHECK(prepared == std::vector<std::string>{"second"});
    cache.forget("second");
    cache.forget("unknown");
    CHECK(alive == static_cast<int>(StatementCache<Handle>::capacity) - 1);
}

TEST_CASE("the description of a database does not hold the password") {
    CHECK(description_of({.dialect = Dialect::postgres,
                          .database = "mf",
                          .host = "db",
                          .port = 5,
                          .user = "u",
                          .password = "geheim"}) == "The PostgreSQL database \"mf\" at db:5");
    CHECK(description_of({.dialect = Dialect::mariadb, .database = "mf", .password = "geheim"}) ==
          "The MariaDB database \"mf\" at the usual socket");
    // The port is part of the name of a socket of PostgreSQL alone.
    CHECK(description_of({.dialect = Dialect::mariadb, .database = "mf", .host = "/run/my.sock", .port = 3306}) ==
          "The MariaDB database \"mf\" at /run/my.sock");
    CHECK(description_of({.dialect = Dialect::mariadb, .database = "mf", .host = "db", .port = 3306}) ==
          "The MariaDB database \"mf\" at db:3306");
    CHECK(description_of({.dialect = Dialect::postgres, .database = "mf", .host = "/run", .port = 5432}) ==
          "The PostgreSQL database \"mf\" at /run:5432");
    CHECK(description_of({.database = "/x"}) == "The database file /x");
}

TEST_CASE("a full disk of MariaDB is told from other failures of its files") {
    CHECK(kind_of_mariadb_error(1030, "Got error 28 \"No space left on device\" from storage engine InnoDB") ==
          DatabaseError::Kind::full);
    CHECK(kind_of_mariadb_error(1030, "Got error 5 \"Input/output error\" from storage engine InnoDB") ==
          DatabaseError::Kind::other);
    CHECK(kind_of_mariadb_error(1021, "Disk full") == DatabaseError::Kind::full);
}

TEST_CASE("servers that are too old, or of another kind, are refused") {
    const auto cause = [](Dialect dialect, std::string_view version) {
        try {
            require_version(dialect, "The database", version);
        } catch (const DatabaseError& error) {
            CHECK(error.kind == DatabaseError::Kind::refused);
            CHECK(std::string(error.what()).find(version) != std::string::npos);
            return error.cause;
        }
        return DatabaseError::Cause::unknown;
    };
    for (const auto* good : {"15.6 (Debian 15.6-0+deb12u1)", "15beta1", "16.0", "100.1"})
        CHECK_MESSAGE(cause(Dialect::postgres, good) == DatabaseError::Cause::unknown, good);
    for (const auto* bad : {"14.9", "9.6.24", ""})
        CHECK_MESSAGE(cause(Dialect::postgres, bad) == DatabaseError::Cause::version, bad);
    for (const auto* good : {"10.11.6-MariaDB-0+deb12u1", "11.4.2-MariaDB", "12.0.1-MariaDB-log"})
        CHECK_MESSAGE(cause(Dialect::mariadb, good) == DatabaseError::Cause::unknown, good);
    for (const auto* bad : {"10.6.18-MariaDB", "5.5.68-MariaDB", "8.0.36", "8.4.0-commercial", ""})
        CHECK_MESSAGE(cause(Dialect::mariadb, bad) == DatabaseError::Cause::version, bad);
}

TEST_CASE("what a server says is turned into the part of the address that is wrong") {
    using Cause = DatabaseError::Cause;
    CHECK(state_in_postgres_message("FATAL:  28P01: password authentication failed for user \"x\"\n") == "28P01");
    CHECK(
        state_in_postgres_message("could not translate host name \"x\" to address: Name or service not known").empty());
    for (const auto& [state, cause] : {std::pair{"28P01", Cause::account},
                                       {"28000", Cause::account},
                                       {"3D000", Cause::database},
                                       {"42501", Cause::permission},
                                       {"3F000", Cause::permission},
                                       {"25006", Cause::read_only},
                                       {"53300", Cause::too_many_sessions},
                                       {"57P03", Cause::server},
                                       {"42P01", Cause::unknown}})
        CHECK_MESSAGE(cause_of_postgres_error(state) == cause, state);
    for (const auto& [number, cause] : {std::pair{1045U, Cause::account},
                                        {1049U, Cause::database},
                                        {1044U, Cause::permission},
                                        {1290U, Cause::read_only},
                                        {1040U, Cause::too_many_sessions},
                                        {2003U, Cause::server},
                                        {3159U, Cause::encryption},
                                        {1062U, Cause::unknown}})
        CHECK_MESSAGE(cause_of_mariadb_error(number) == cause, number);
    // What has to do with the address is either waited for or ends the program at once; both need advice.
    for (const auto cause : {Cause::account, Cause::database, Cause::permission, Cause::read_only, Cause::encryption,
                             Cause::server, Cause::too_many_sessions})
        CHECK(!advice_about_server(DatabaseError::Kind::refused, cause).empty());
}
