// SPDX-License-Identifier: MIT
#include "store/schema.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>
#include <set>

using namespace mf;
using mf::sql::Dialect;
using mf::testing::on_each_database;

namespace {

/// The schema as texts, one for each table, column, key and reference: what was read from the migrations, or what the
/// database says about itself.
using Description = std::set<std::string>;

std::string type_name(const SchemaColumn& column, Dialect dialect) {
    const auto of = [&](const char* sqlite, const char* postgres, const std::string& mariadb) {
        return dialect == Dialect::sqlite ? sqlite : dialect == Dialect::postgres ? postgres : mariadb;
    };
    switch (column.type) {
        case ColumnType::key:
        case ColumnType::integer:
        case ColumnType::time: return of("INTEGER", "bigint", "bigint(20)");
        case ColumnType::boolean: return of("INTEGER", "boolean", "tinyint(4)");
        case ColumnType::real: return of("REAL", "double precision", "double");
        case ColumnType::blob: return of("BLOB", "bytea", "longblob");
        case ColumnType::text:
            return of("TEXT", "text",
                      column.longest <= 512 ? fmt::format("varchar({})", column.longest) : std::string("longtext"));
    }
    return {};
}

Description from_migrations(Dialect dialect) {
    Description out;
    for (const auto& table : schema_tables()) {
        for (const auto& column : table.columns) {
            const bool in_key = std::ranges::find(table.primary_key, column.name) != table.primary_key.end();
            // A primary key of SQLite does not say NOT NULL.
            out.insert(fmt::format("column {}.{} {}{}", table.name, column.name, type_name(column, dialect),
                                   column.nullable || in_key ? "" : " not null"));
        }
        for (std::size_t i = 0; i < table.primary_key.size(); ++i)
            out.insert(fmt::format("key {} {} {}", table.name, i + 1, table.primary_key[i]));
        for (const auto& reference : table.references) {
            REQUIRE(reference.columns.size() == 1);
            out.insert(fmt::format("reference {}.{} {}.{}", table.name, reference.columns[0], reference.table,
                                   reference.referenced[0]));
        }
    }
    return out;
}

std::string text(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
    return std::get<std::string>(value);
}

Description from_sqlite(sql::Connection& connection) {
    Description out;
    for (const auto& table : connection.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN "
                                              "('migration', 'sqlite_sequence')")) {
        const auto name = text(table[0]);
        for (const auto& row :
             connection.query("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", {name})) {
            const bool in_key = row[3] != Value(std::int64_t{0});
            out.insert(fmt::format("column {}.{} {}{}", name, text(row[0]), text(row[1]),
                                   row[2] == Value(std::int64_t{0}) || in_key ? "" : " not null"));
            if (in_key) out.insert(fmt::format("key {} {} {}", name, text(row[3]), text(row[0])));
        }
        for (const auto& row :
             connection.query("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?)", {name}))
            out.insert(fmt::format("reference {}.{} {}.{}", name, text(row[0]), text(row[1]), text(row[2])));
    }
    return out;
}

Description from_server(sql::Connection& connection) {
    const bool is_postgres = connection.dialect() == Dialect::postgres;
    const std::string here = is_postgres ? "current_schema()" : "database()";
    Description out;
    std::set<std::string> keys;
    for (const auto& row : connection.query(
             fmt::format("SELECT k.table_name, k.ordinal_position, k.column_name FROM "
                         "information_schema.key_column_usage k JOIN information_schema.table_constraints c ON "
                         "c.constraint_name = k.constraint_name AND c.table_name = k.table_name AND c.table_schema = "
                         "k.table_schema WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = {} AND "
                         "k.table_name <> 'migration'",
                         here),
             {})) {
        out.insert(fmt::format("key {} {} {}", text(row[0]), text(row[1]), text(row[2])));
        keys.insert(text(row[0]) + "." + text(row[2]));
    }
    for (const auto& row :
         connection.query(fmt::format("SELECT table_name, column_name, {}, is_nullable FROM information_schema.columns "
                                      "WHERE table_schema = {} AND table_name <> 'migration'",
                                      is_postgres ? "data_type" : "column_type", here),
                          {})) {
        const auto name = text(row[0]) + "." + text(row[1]);
        out.insert(fmt::format("column {} {}{}", name, text(row[2]),
                               text(row[3]) == "YES" || keys.contains(name) ? "" : " not null"));
    }
    const auto references =
        is_postgres ? "SELECT k.table_name, k.column_name, u.table_name, u.column_name FROM "
                      "information_schema.referential_constraints r JOIN information_schema.key_column_usage k ON "
                      "k.constraint_name = r.constraint_name AND k.constraint_schema = r.constraint_schema JOIN "
                      "information_schema.constraint_column_usage u ON u.constraint_name = r.constraint_name AND "
                      "u.constraint_schema = r.constraint_schema WHERE r.constraint_schema = current_schema()"
                    : "SELECT table_name, column_name, referenced_table_name, referenced_column_name FROM "
                      "information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND table_schema = "
                      "database()";
    for (const auto& row : connection.query(references, {}))
        out.insert(fmt::format("reference {}.{} {}.{}", text(row[0]), text(row[1]), text(row[2]), text(row[3])));
    return out;
}

}  // namespace

TEST_CASE("the schema that is read from the migrations is the one that each database has") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, Timestamp{}));
        const auto connection = sql::open(address);
        const auto read = from_migrations(address.dialect);
        const auto real = address.dialect == Dialect::sqlite ? from_sqlite(*connection) : from_server(*connection);
        CHECK(read.size() > 200);
        for (const auto& line : read) CHECK_MESSAGE(real.contains(line), "not in the database: ", line);
        for (const auto& line : real) CHECK_MESSAGE(read.contains(line), "not in the migrations: ", line);
    });
}
