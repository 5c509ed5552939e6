// SPDX-License-Identifier: MIT
#include "support/database_servers.h"

#include <doctest/doctest.h>

namespace mf::testing {

void on_each_database(const std::function<void(const sql::Address&)>& test) {
    {
        INFO("on SQLite");
        const TemporaryDirectory directory;
        test({.dialect = sql::Dialect::sqlite, .database = directory.path() / "test.sqlite", .durable = false});
    }
    for (const sql::Dialect dialect : {sql::Dialect::postgres, sql::Dialect::mariadb}) {
        INFO("on ", std::string(name_of(dialect)));
        if (auto* server = DatabaseServer::get(dialect)) test(server->fresh_database());
    }
}

}  // namespace mf::testing
