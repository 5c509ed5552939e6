// SPDX-License-Identifier: MIT
#include "store/database_facts.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string text(sql::Connection& connection, std::string_view sql) {
    const auto rows = connection.query(sql, {});
    if (rows.empty()) return {};
    if (const auto* first_number = std::get_if<std::int64_t>(&rows[0][0])) return fmt::to_string(*first_number);
    const auto* text = std::get_if<std::string>(&rows[0][0]);
    return text ? *text : std::string();
}

std::int64_t first_number(sql::Connection& connection, std::string_view sql) {
    const auto rows = connection.query(sql, {});
    const auto* number = rows.empty() ? nullptr : std::get_if<std::int64_t>(&rows[0][0]);
    return number ? *number : 0;
}

}  // namespace

DatabaseFacts database_facts(sql::Connection& connection) {
    switch (connection.dialect()) {
        case sql::Dialect::sqlite:
            return {
                .version = text(connection, "SELECT sqlite_version()"),
                .bytes = first_number(connection, "PRAGMA page_count") * first_number(connection, "PRAGMA page_size"),
                .isolation = "serializable"};
        case sql::Dialect::postgres:
            return {.version = text(connection, "SHOW server_version"),
                    .bytes = first_number(connection, "SELECT pg_database_size(current_database())"),
                    .isolation = text(connection, "SHOW default_transaction_isolation"),
                    .durability = "synchronous_commit " + text(connection, "SHOW synchronous_commit")};
        case sql::Dialect::mariadb:
            return {.version = text(connection, "SELECT VERSION()"),
                    .bytes = first_number(connection,
                                          "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED) FROM "
                                          "information_schema.tables WHERE table_schema = database()"),
                    .isolation = text(connection, "SELECT LOWER(REPLACE(@@tx_isolation, '-', ' '))"),
                    .durability = "innodb_flush_log_at_trx_commit " +
                                  text(connection, "SELECT @@innodb_flush_log_at_trx_commit")};
    }
    return {};
}

}  // namespace mf
