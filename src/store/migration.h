// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

namespace mf {

/// One numbered step of the schema, store/migrations/0003_name.sql. A released file is never edited.
///
/// Plain SQL; words in braces become the type of each database:
///   {key} primary key, {int} 64 bit, {bool}, {real}, {text N} at most N bytes, {blob}, {time} milliseconds UTC,
///   {options} table options. A line that starts with "-- only: mariadb" (or sqlite, postgres) keeps the following
///   statement to that database. Statements end with ';' at the end of a line.
struct Migration {
    int number = 0;
    std::string_view name;  ///< "runtemplate"
    std::string_view sql;
    std::string_view checksum;  ///< SHA-256 of sql, in hexadecimal
};

/// All steps of this program, ascending.
std::vector<Migration> migrations();

/// The statements of a step in the words of one database.
std::vector<std::string> statements_for(std::string_view sql, sql::Dialect dialect);

/// Brings the database to the schema of this program; does nothing when it is there already.
/// conflict: the database is newer than the program, or a step was changed after it was applied; nothing was touched.
Result<void> migrate(Database& database, Timestamp now);

/// Number of the newest applied step; 0 for an empty database.
int schema_version(Session& session);

}  // namespace mf
