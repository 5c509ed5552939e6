// SPDX-License-Identifier: MIT
#pragma once

#include "store/copy.h"
#include "store/sql/connection.h"

namespace mf {

/// What may stop the database of an address from being filled anew, and what becomes of rows that are about processes.

/// The place of a database, for people: a file, or host:port/name.
std::string where(const sql::Address& address);

/// Names of nodes whose servers have said lately that they live, with commas between them; empty: none. The time is
/// that of this machine, for databases of versions without leases.
std::string living_servers(sql::Connection& connection, std::span<const SchemaTable> tables, Timestamp now);

/// How much of what is in a database may go.
enum class Replace {
    nothing,   ///< it has to be empty
    finished,  ///< everything, unless jobs have not ended
    all,       ///< these, too
};
/// conflict: a server lives, or there is something that may not go. `remedy` ends the sentence about a database that is
/// not empty.
Result<void> may_be_filled(sql::Connection& to, std::span<const SchemaTable> tables, const sql::Address& address,
                           Replace replace, std::string_view remedy, Timestamp now);

/// Rows of servers are about processes, and none of them works with the copy: they are removed, but that a node takes
/// no jobs is the wish of a person. Such a row stays, as of a server that has stopped, that holds no lease, and of
/// which nobody knows whether its jobs live. The names of those nodes.
std::vector<std::string> forget_servers(sql::Connection& copy, std::span<const SchemaTable> tables);

/// The first id that a job gets after a restore, for the largest one that is known: nobody knows how many were given
/// after the backup, and a number must not name two jobs.
std::int64_t first_job_after_restore(std::int64_t largest_known);

}  // namespace mf
