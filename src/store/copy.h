// SPDX-License-Identifier: MIT
#pragma once

#include "store/schema.h"

#include <map>

namespace mf {

/// What a table holds, told alike by every kind of database.
struct TableDigest {
    std::string table;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;  ///< of all values
    /// SHA-256 over the names of table and columns, the number of rows and the sum of the SHA-256 of all rows. A sum,
    /// because databases sort texts differently, and only the order of their own index can be read page by page.
    std::string sha256;
    bool operator==(const TableDigest&) const = default;
};

/// Told after each page: what is done ("copying", "verifying"), with which table, how many of its rows so far. False
/// ends the work.
using CopyProgress = std::function<bool(std::string_view doing, std::string_view table, std::int64_t rows)>;

/// Digests of all tables, read in pages of a few megabytes. Call it in a transaction that sees one state.
/// unavailable: the progress said that it is enough. DatabaseError, also for a value that is of another kind than the
/// column (SQLite keeps those).
Result<std::vector<TableDigest>> digest_tables(sql::Connection& connection, std::span<const SchemaTable> tables,
                                               const CopyProgress& progress = {});

/// The largest number that a table has ever given to a row, also to one that was removed since; 0: none yet.
using LastNumbers = std::map<std::string, std::int64_t, std::less<>>;
LastNumbers last_numbers(sql::Connection& connection, std::span<const SchemaTable> tables);

/// Tables with rows that somebody made, and how many. What every start of a program writes into an empty database is
/// no such row: the accounts it ran under (users that are not enabled) and the servers (`node`).
std::vector<std::pair<std::string, std::int64_t>> occupied_tables(sql::Connection& connection,
                                                                  std::span<const SchemaTable> tables);

struct CopySteps {
    /// Whether the target may be overwritten; may be asked twice, before the transaction and in it.
    std::function<Result<void>(sql::Connection& to)> check = {};
    /// The last change before the commit, after the copy was verified; which tables it has changed. Told of them is
    /// what they hold then.
    std::function<std::vector<std::string_view>(sql::Connection& to)> finish = {};
    /// New rows of these tables get numbers above these, and above those that the source has given.
    LastNumbers at_least = {};
    CopyProgress progress = {};
};

/// Replaces all rows of the target by those of the source, in one transaction: completely or not at all. Both have
/// these tables. New rows get numbers behind those that the source has given. Before the commit the target is read back
/// and compared with what was read from the source. Memory is bounded whatever the size of the database.
/// The source has to be in a transaction that sees one state, the target in none.
/// Errors: those of the check; unavailable when it was interrupted, or when the target does not hold what was written.
Result<std::vector<TableDigest>> copy_database(sql::Connection& from, sql::Connection& to,
                                               std::span<const SchemaTable> tables, const CopySteps& steps);

/// Which tables differ, as a sentence each; empty: none.
std::vector<std::string> differences(std::span<const TableDigest> expected, std::span<const TableDigest> found);

}  // namespace mf
