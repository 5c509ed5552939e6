// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "store/sql/connection.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace mf {

/// One leased database session. Valid inside the function it was handed to.
struct Session {
    sql::Connection& sql;
};

/// Owns all connections to one database. Thread-safe.
///
///     database.write([&](Session& session) -> Result<void> { … });
///
/// A thread holds at most one session at a time; asking for a second one is a programming error (it could deadlock).
class Database {
public:
    struct Options {
        int readers = 4;  ///< sessions for reading; with servers the number of all sessions
    };
    /// Connects when first used; see migrate() in store/migration.h for the first use.
    explicit Database(sql::Address address) : Database(std::move(address), Options{}) {}
    Database(sql::Address address, Options options);
    ~Database();

    const sql::Address& address() const { return address_; }

    /// Runs work on a session that never blocks writers.
    template <class F>
    auto read(F&& work) {
        Lease lease(*this, Purpose::read);
        Session session{lease.connection()};
        return work(session);
    }

    /// Runs work in one transaction. A failed Result or an exception rolls back. When the database is busy the whole
    /// work is repeated a few times, so it must not touch anything but the session and its own result.
    template <class F>
    auto write(F&& work) {
        Lease lease(*this, Purpose::write);
        const auto patience_ends = std::chrono::steady_clock::now() + most_patience;
        for (int attempt = 1;; ++attempt) {
            try {
                Transaction transaction(lease.connection());
                Session session{lease.connection()};
                using Outcome = decltype(work(session));
                if constexpr (std::is_void_v<Outcome>) {
                    work(session);
                    transaction.commit();
                    return;
                } else {
                    auto outcome = work(session);
                    if (succeeded(outcome)) transaction.commit();
                    return outcome;
                }
            } catch (const sql::DatabaseError& error) {
                if (error.kind != sql::DatabaseError::Kind::busy || attempt == most_attempts) throw;
                // A lock that somebody keeps was waited for in the statement already (sql::Address::lock_wait).
                if (std::chrono::steady_clock::now() >= patience_ends) throw;
            }
        }
    }

private:
    enum class Purpose { read, write };
    static constexpr int most_attempts = 8;
    static constexpr auto most_patience = std::chrono::seconds(10);

    template <class T>
    static bool succeeded(const Result<T>& outcome) {
        return static_cast<bool>(outcome);
    }
    template <class T>
    static bool succeeded(const T&) {
        return true;
    }

    class Transaction {
    public:
        explicit Transaction(sql::Connection& connection) : connection_(connection) { connection_.begin(); }
        ~Transaction() {
            if (open_) connection_.rollback();
        }
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        void commit() {
            connection_.commit();
            open_ = false;
        }

    private:
        sql::Connection& connection_;
        bool open_ = true;
    };

    /// Sessions of one kind; who waits longest is served first.
    struct Pool {
        int capacity = 1;
        int open = 0;
        std::vector<std::unique_ptr<sql::Connection>> idle;
        std::deque<std::condition_variable*> waiting;
    };

    class Lease {
    public:
        Lease(Database& database, Purpose purpose);
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        sql::Connection& connection() { return *connection_; }

    private:
        Database& database_;
        Pool& pool_;
        std::unique_ptr<sql::Connection> connection_;
        int exceptions_;
    };

    Pool& pool_for(Purpose purpose);
    std::unique_ptr<sql::Connection> acquire(Pool& pool);
    void release(Pool& pool, std::unique_ptr<sql::Connection> connection);

    const sql::Address address_;
    std::mutex mutex_;  // guards the pools
    Pool readers_;
    Pool writers_;
};

}  // namespace mf
