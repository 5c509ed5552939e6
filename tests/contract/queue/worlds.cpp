// SPDX-License-Identifier: MIT
// Says where the worlds of this program are made: all of them, one after the other, in one database of the server.
#include "store/schema.h"
#include "support/database_servers.h"
#include "support/world.h"

#include <cstdlib>
#include <ranges>

namespace mf::testing {
namespace {

sql::Address emptied_database(sql::Dialect dialect) {
    static std::optional<sql::Address> address;
    if (address) {
        // To make the schema anew for each of them takes MariaDB two seconds every time.
        const auto connection = sql::open(*address);
        const auto tables = schema_tables();
        for (const SchemaTable& table : std::views::reverse(tables))
            connection->execute(fmt::format(R"(DELETE FROM "{}")", table.name));
        return *address;
    }
    auto* server = DatabaseServer::get(dialect);
    if (!server) throw std::runtime_error("the database server of this run of the tests is not installed");
    return address.emplace(server->fresh_database());
}

const bool is_said = [] {
    const char* setting = std::getenv("MULTIFLEXI_QUEUE_DATABASE");
    const std::string_view kind = setting ? setting : "sqlite";
    if (kind == "postgres") database_of_worlds = [] { return emptied_database(sql::Dialect::postgres); };
    if (kind == "mariadb") database_of_worlds = [] { return emptied_database(sql::Dialect::mariadb); };
    return true;
}();

}  // namespace
}  // namespace mf::testing
