// SPDX-License-Identifier: MIT
#include "store/sql/dsn.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::sql;

TEST_CASE("addresses of databases are read and written") {
    struct Case {
        std::string_view text;
        Dialect dialect;
        std::string database, host;
        int port;
        std::string user;
        std::string_view written = {};  // empty: as it was read
    };
    for (const auto& [text, dialect, database, host, port, user, written] : std::initializer_list<Case>{
             {"sqlite:/var/lib/a b.db", Dialect::sqlite, "/var/lib/a b.db", "", 0, ""},
             {"sqlite:///tmp/x.db", Dialect::sqlite, "/tmp/x.db", "", 0, "", "sqlite:/tmp/x.db"},
             {"pgsql://mf@db.example:5433/multiflexi", Dialect::postgres, "multiflexi", "db.example", 5433, "mf"},
             {"PostgreSQL://db/x", Dialect::postgres, "x", "db", 0, "", "pgsql://db/x"},
             {"pgsql:///x", Dialect::postgres, "x", "localhost", 0, "", "pgsql://localhost/x"},
             {"pgsql://[::1]:5432/x", Dialect::postgres, "x", "::1", 5432, ""},
             {"pgsql://u@:5433/x?socket=/run/pg", Dialect::postgres, "x", "/run/pg", 5433, "u"},
             {"mysql://a%40b@h/na%2Fme", Dialect::mariadb, "na/me", "h", 0, "a@b"},
             {"mariadb://u@/x?socket=/run/my%20sql.sock", Dialect::mariadb, "x", "/run/my sql.sock", 0, "u",
              "mysql://u@/x?socket=/run/my%20sql.sock"}}) {
        CAPTURE(text);
        const auto address = read_dsn(text);
        REQUIRE(address);
        CHECK(address->dialect == dialect);
        CHECK(address->database == database);
        CHECK(address->host == host);
        CHECK(address->port == port);
        CHECK(address->user == user);
        CHECK(address->password.empty());
        CHECK(to_dsn(*address) == (written.empty() ? text : written));
    }
}

TEST_CASE("addresses that say nothing are refused with a form that is right") {
    for (const std::string_view text :
         {"", "x", "oracle://h/x", "sqlite:file.db", "sqlite:", "pgsql:x", "pgsql://h", "pgsql://h/", "pgsql://h:0/x",
          "pgsql://h:x/x", "pgsql://h:70000/x", "mysql://h/x?socket=run", "mysql://h/x?ssl=1", "mysql://%zz@h/x",
          "mysql://h%/x", "mysql://h/%00"}) {
        CAPTURE(text);
        const auto address = read_dsn(text);
        REQUIRE(!address);
        CHECK(address.error().message.find("pgsql://user@host:port/name") != std::string::npos);
    }
}

TEST_CASE("a password in an address is refused and not repeated") {
    for (const std::string_view text : {"pgsql://u:geheim@h/x", "mysql://u:ge@heim@h/x", "mysql://:geheim@h/x"}) {
        const auto address = read_dsn(text);
        REQUIRE(!address);
        CHECK(address.error().message.find("MULTIFLEXI_TO_PASSWORD") != std::string::npos);
        CHECK(address.error().message.find("heim") == std::string::npos);
    }
}

TEST_CASE("the password of an address is never written") {
    CHECK(to_dsn({.dialect = Dialect::postgres, .database = "x", .host = "h", .user = "u", .password = "geheim"}) ==
          "pgsql://u@h/x");
}
