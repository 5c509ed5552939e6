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
    CHECK(description_of({.database = "/x"}) == "The database file /x");
}

TEST_CASE("a full disk of MariaDB is told from other failures of its files") {
    CHECK(kind_of_mariadb_error(1030, "Got error 28 \"No space left on device\" from storage engine InnoDB") ==
          DatabaseError::Kind::full);
    CHECK(kind_of_mariadb_error(1030, "Got error 5 \"Input/output error\" from storage engine InnoDB") ==
          DatabaseError::Kind::other);
    CHECK(kind_of_mariadb_error(1021, "Disk full") == DatabaseError::Kind::full);
}
