// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mf::sql {

enum class Dialect { sqlite, postgres, mariadb };

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

/// The database failed or refused. Callers that can do something about it look
/// at the kind; everybody else lets it fly to the request or job boundary.
class DatabaseError : public std::runtime_error {
public:
    enum class Kind {
        unique_violation,  ///< a unique or primary key already holds this value
        foreign_key,       ///< refers to a missing row, or is still referred to
        busy,              ///< lock time-out, deadlock, serialisation failure: repeat the whole transaction
        lost,              ///< no connection (any more): reconnect
        uncertain,         ///< the connection was lost during COMMIT: nobody knows whether the change was made
        full,              ///< no space left where the database lives
        refused,           ///< wrong password, unknown database, no permission, read-only
        other
    };
    /// Which part of an address is to be looked at, as far as the database tells.
    enum class Cause {
        unknown,            ///< none, or another thing than the address
        server,             ///< nobody answers there (yet): host, port
        too_many_sessions,  ///< of the server or of this user; some end sooner or later
        account,            ///< the user, the password, or where the user comes from
        database,           ///< there is no database of this name
        permission,         ///< what the user may do in this database
        read_only,          ///< the server takes no changes, as a standby does
        encryption,         ///< the server demands another encryption of the connection
        version,            ///< the server is too old, or of another kind
        file                ///< SQLite: the file, its directory, or their permissions
    };
    DatabaseError(Kind what_kind, const std::string& message, Cause what_cause = Cause::unknown)
        : std::runtime_error(message), kind(what_kind), cause(what_cause) {}
    const Kind kind;
    const Cause cause;
};

/// Where a database is and who we are there.
struct Address {
    Dialect dialect = Dialect::sqlite;
    /// SQLite: the file, or ":memory:", which only this session sees and which ends with it. Servers: the name of the
    /// database.
    std::string database;
    std::string host =
        {};        ///< servers: host name, address, or directory of the Unix socket (MariaDB: the socket itself)
    int port = 0;  ///< servers: 0 stands for the usual port (PostgreSQL also names its sockets by it)
    std::string user = {};
    std::string password = {};
    bool durable =
        true;  ///< SQLite: a commit survives power loss (synchronous=FULL); false survives a crash of the program
    bool read_only = false;  ///< SQLite: neither makes nor changes a file
    /// How long a statement waits for locks of others before it fails as busy. MariaDB counts whole seconds, at least
    /// one.
    std::chrono::milliseconds lock_wait{10'000};
};

/// One session with one database. Not thread-safe: one thread at a time.
///
/// SQL is written with '?' parameters, double-quoted identifiers and single-quoted texts without backslash escapes; one
/// statement at a time, prepared once and kept. What travels as parameter:
///   * Text is UTF-8 without zero bytes, real numbers are finite: anything else is refused on all databases, because
///     each of them would do something else with it. Bytes may hold anything.
///   * A boolean arrives as 1 or 0, which a BOOLEAN column of PostgreSQL takes too.
/// What comes back: texts (also dates and JSON) as std::string, octets as Bytes, booleans of PostgreSQL as bool, those
/// of SQLite and MariaDB as integers. Exact decimal numbers (NUMERIC, the SUM of a BIGINT) are int64 if they have no
/// fraction and fit, else double.
///
/// Every failure is a DatabaseError. After one inside a transaction all further statements and commit() are refused
/// until rollback(). When a table gets another column, a statement that was prepared before (SELECT *) is repeated,
/// inside a transaction it fails as busy.
/// INSERT and DELETE may end in RETURNING, UPDATE may not (MariaDB 10.11 has no such thing).
class Connection {
public:
    virtual ~Connection() = default;
    virtual Dialect dialect() const = 0;
    virtual Rows query(std::string_view sql, std::span<const Value> parameters = {}) = 0;
    /// Like query, for statements without rows; returns the number of rows the WHERE clause met,
    /// also where their values stayed the same. Meaningless for SELECT and for changes of the schema.
    virtual std::int64_t execute(std::string_view sql, std::span<const Value> parameters = {}) = 0;

    /// Starts a transaction that is going to write (SQLite: BEGIN IMMEDIATE).
    virtual void begin() = 0;
    /// Starts a transaction that only reads, and in which everything stays as it is at this moment, whatever others
    /// commit; it holds up nobody. Not for a read-only SQLite address.
    virtual void begin_snapshot() = 0;
    /// An error when no transaction was begun.
    virtual void commit() = 0;
    /// Never throws: a lost connection has rolled back by itself. Without a transaction it does nothing.
    virtual void rollback() noexcept = 0;

    /// SQLite: a number that changes when another connection commits. Servers: always 0.
    virtual std::int64_t change_counter() = 0;

    /// PostgreSQL: readable when something may have come to a session that listens (LISTEN). Others: always -1.
    virtual int descriptor() const { return -1; }
    /// PostgreSQL: what others have told since the last call (the payloads of NOTIFY), oldest first; does not wait.
    /// lost: the session hears nothing any more. Others: always nothing.
    virtual std::vector<std::string> notifications() { return {}; }

    Rows query(std::string_view sql, std::initializer_list<Value> p) {
        return query(sql, std::span(p.begin(), p.size()));
    }
    std::int64_t execute(std::string_view sql, std::initializer_list<Value> p) {
        return execute(sql, std::span(p.begin(), p.size()));
    }
};

/// Opens a session; throws DatabaseError (kinds lost, refused, busy, other) with a sentence that names the database
/// and what to do, and never contains the password. A server has to be PostgreSQL 15, MariaDB 10.11, or newer.
std::unique_ptr<Connection> open(const Address& address);

/// Does the port of this address mean anything? That of MariaDB does not with a socket.
bool has_port(const Address& address);

/// "The PostgreSQL database "x" at y" or, for SQLite, "The database file x": with this begins what a session says about
/// its failures. It never holds the password.
std::string description_of(const Address& address);

/// Hash for maps that are asked with a string_view.
struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};

}  // namespace mf::sql
