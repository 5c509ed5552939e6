// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

#include <list>
#include <optional>
#include <unordered_map>

/// What the drivers share. Only files of this folder include it.
namespace mf::sql {

/// Of a session with a database of others (visit.h): how long connecting may take, and each statement. None: the
/// database is ours. Address::read_only says whether it may change rows there, on every database.
using VisitLimit = std::optional<std::chrono::milliseconds>;

std::unique_ptr<Connection> open_sqlite(const Address& address, VisitLimit visit = {});
std::unique_ptr<Connection> open_postgres(const Address& address, VisitLimit visit = {});
std::unique_ptr<Connection> open_mariadb(const Address& address, VisitLimit visit = {});

/// Refuses what the databases would not all keep as it is: text that is not UTF-8 or holds a zero byte, infinite
/// numbers and NaN (SQLite turns it into null).
void check_parameters(std::span<const Value> parameters);

/// A decimal number as servers write it: int64 if it has no fraction and fits, else double.
Value number_from_decimal(std::string_view text);

/// SQL with '?' parameters in the words of PostgreSQL: $1, $2, … A '?' in texts, quoted names and comments stays.
struct NumberedSql {
    std::string sql;
    int parameters = 0;
};
NumberedSql with_numbered_parameters(std::string_view sql);

/// Numbers of "MariaDB Error Codes" in its manual (mysqld_error.h; from 2000 on errmsg.h).
DatabaseError::Kind kind_of_mariadb_error(unsigned number, std::string_view message);
DatabaseError::Cause cause_of_mariadb_error(unsigned number);

/// SQLSTATE codes of appendix A of the PostgreSQL manual.
DatabaseError::Kind kind_of_postgres_error(std::string_view state);
DatabaseError::Cause cause_of_postgres_error(std::string_view state);
/// The code in a verbose message, "FATAL:  28P01: password …"; the words around it may be in any language.
std::string_view state_in_postgres_message(std::string_view message);

/// Throws (kind refused) when a server is older than what this program was written for. The version is as the server
/// tells it: "15.6 (Debian 15.6-0+deb12u1)", "10.11.6-MariaDB".
void require_version(Dialect dialect, std::string_view name, std::string_view version);

/// What to do about a failure of a server, as a sentence with a blank before it; empty when the failure says it all.
std::string_view advice_about_server(DatabaseError::Kind kind, DatabaseError::Cause cause);

/// One sentence about a failure, on one line: name and what happened, what the library said, advice. Libraries write
/// line ends and tabs into what they say, and end it as they like.
std::string failure_sentence(std::string_view name_and_what, std::string_view said, std::string_view advice);

/// The prepared statements of one session, by their SQL; the one that was not used for the longest time goes first.
/// Handle frees the statement at the database when it is destroyed.
template <class Handle>
class StatementCache {
public:
    /// The program has about a hundred different statements; filters of lists add a few dozen.
    static constexpr std::size_t capacity = 300;

    /// The handle for this SQL; prepare(sql) makes it when there is none. Valid until the next call.
    template <class Prepare>
    Handle& get(std::string_view sql, Prepare&& prepare) {
        if (const auto found = by_sql_.find(sql); found != by_sql_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            return found->second->handle;
        }
        Handle handle = prepare(sql);
        entries_.push_front({std::string(sql), std::move(handle)});
        by_sql_.emplace(entries_.front().sql, entries_.begin());
        if (entries_.size() > capacity) {
            by_sql_.erase(entries_.back().sql);
            entries_.pop_back();
        }
        return entries_.front().handle;
    }
    void forget(std::string_view sql) {
        const auto found = by_sql_.find(sql);
        if (found == by_sql_.end()) return;
        const auto entry = found->second;
        by_sql_.erase(found);
        entries_.erase(entry);
    }
    void clear() {
        by_sql_.clear();
        entries_.clear();
    }

private:
    struct Entry {
        std::string sql;
        Handle handle;
    };
    std::list<Entry> entries_;                                                          // used last comes first
    std::unordered_map<std::string_view, typename std::list<Entry>::iterator> by_sql_;  // views into entries_
};

}  // namespace mf::sql
