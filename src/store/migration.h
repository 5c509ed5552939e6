// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <limits>

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

/// The same with the words in braces as they are, for those who read the schema (store/schema.h).
std::vector<std::string> source_statements_for(std::string_view sql, sql::Dialect dialect);

/// Brings the database to the schema of this program, or to an older one; does nothing when it is there already.
/// conflict: the database is newer than the program, or a step was changed after it was applied; nothing was touched.
Result<void> migrate(Database& database, Timestamp now, int newest = std::numeric_limits<int>::max());

/// PostgreSQL: the schema in which this user finds and makes tables; others: empty. DatabaseError when search_path
/// selects none; so say the functions below and migrate(), because nothing is there then, not even emptiness.
std::string selected_schema(Session& session);

/// Number of the newest applied step; 0 for an empty database.
int schema_version(Session& session);
/// The same of a database that this program understands; changes nothing. conflict: as migrate(); `database` is its
/// name in that sentence.
Result<int> known_schema(Session& session, const std::string& database);

}  // namespace mf
