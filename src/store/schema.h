// SPDX-License-Identifier: MIT
#pragma once

#include "store/migration.h"

#include <limits>

namespace mf {

/// The words of the migrations.
enum class ColumnType { key, integer, time, boolean, real, text, blob };

struct SchemaColumn {
    std::string name;
    ColumnType type = ColumnType::integer;
    std::size_t longest = 0;  ///< of a text, in bytes
    bool nullable = true;
    bool operator==(const SchemaColumn&) const = default;
};

struct SchemaReference {
    std::vector<std::string> columns;
    std::string table;                    ///< to which they refer
    std::vector<std::string> referenced;  ///< its columns
    bool operator==(const SchemaReference&) const = default;
};

struct SchemaTable {
    std::string name;
    std::vector<SchemaColumn> columns;
    std::vector<std::string> primary_key;
    std::vector<SchemaReference> references;
    bool operator==(const SchemaTable&) const = default;

    /// Null: there is none.
    const SchemaColumn* find(std::string_view column) const;
    /// The column whose numbers the database makes itself, which is the whole key then; null: it makes none.
    const SchemaColumn* numbered() const;
};

/// The tables that the migrations make, up to a step: those that others refer to come first. The table of the steps
/// themselves (`migration`) belongs to no step and is not among them. The migrations are the only description of the
/// schema; whoever goes through all tables asks here.
std::vector<SchemaTable> schema_tables(int newest = std::numeric_limits<int>::max());

/// The tables after these statements (migration.h) on one kind of database; in the same order. CREATE TABLE, DROP TABLE
/// and ALTER TABLE with ADD [COLUMN], DROP [COLUMN], RENAME COLUMN and RENAME TO count, statements about indexes, rows,
/// functions and triggers do not.
/// Throws std::logic_error for anything else: who writes such a migration has to teach this function.
std::vector<SchemaTable> tables_of(std::span<const std::string_view> migrations, sql::Dialect dialect);

}  // namespace mf
