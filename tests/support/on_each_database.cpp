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
    on_each_server([&](const sql::Address& address, DatabaseServer&) { test(address); });
}

void on_each_server(const std::function<void(const sql::Address&, DatabaseServer&)>& test) {
    for (const sql::Dialect dialect : {sql::Dialect::postgres, sql::Dialect::mariadb}) {
        INFO("on ", std::string(name_of(dialect)));
        if (auto* server = DatabaseServer::get(dialect)) test(server->fresh_database(), *server);
    }
}

}  // namespace mf::testing
