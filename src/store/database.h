// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "store/sql/transaction.h"

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
        /// How long work is repeated that found the database busy, a server gone, or one that takes no changes.
        std::chrono::milliseconds patience{10'000};
        /// How a session is opened; a simulation puts something between itself and the database.
        std::function<std::unique_ptr<sql::Connection>(const sql::Address&)> open = sql::open;
    };
    /// Connects when first used; see migrate() in store/migration.h for the first use.
    explicit Database(sql::Address address) : Database(std::move(address), Options{}) {}
    Database(sql::Address address, Options options);
    ~Database();

    const sql::Address& address() const { return address_; }

    /// For the end of a program: from then on nothing waits for a database that is away. Work that it holds up fails,
    /// and so does what would need another session; sessions that are there are used on. An earlier end stays; which
    /// one it is.
    std::chrono::steady_clock::time_point give_up_within(std::chrono::milliseconds time);
    /// Takes that back.
    void wait_again();
    /// Is the time over that give_up_within() has set?
    bool has_given_up();
    /// When a session was last given back after its work was done; long ago if that never was.
    std::chrono::steady_clock::time_point answered_at();

    /// Runs work on a session that never blocks writers. When the connection is lost the whole work is repeated on
    /// another one, so it must not touch anything but the session and its own result.
    template <class F>
    auto read(F&& work) {
        for (Attempts attempts(*this);;) {
            try {
                Lease lease(*this, Purpose::read);
                Session session{lease.connection()};
                return work(session);
            } catch (const sql::DatabaseError& error) {
                if (!attempts.may_reconnect_after(error)) throw;
            }
        }
    }

    /// Runs work in one transaction. A failed Result or an exception rolls back. When the database is busy (locked, a
    /// deadlock, a serialisation failure), the connection is lost before the commit, or the server takes no changes (as
    /// a standby, which in a failover may be promoted in a moment), the whole work is repeated, so it must not touch
    /// anything but the session and its own result. Lost during the commit: DatabaseError uncertain.
    template <class F>
    auto write(F&& work) {
        for (Attempts attempts(*this);;) {
            try {
                Lease lease(*this, Purpose::write);
                for (;;) {
                    try {
                        return in_transaction(lease.connection(), work);
                    } catch (const sql::DatabaseError& error) {
                        if (!attempts.may_repeat_after(error)) throw;
                    }
                }
            } catch (const sql::DatabaseError& error) {
                if (!attempts.may_reconnect_after(error)) throw;
            }
        }
    }

private:
    enum class Purpose { read, write };
    static constexpr int most_attempts = 8;

    /// Decides how often one piece of work is tried, and waits between reconnections.
    class Attempts {
    public:
        explicit Attempts(Database& database)
            : database_(database), end_(std::chrono::steady_clock::now() + database.options_.patience) {}
        /// On the same session: it was busy.
        bool may_repeat_after(const sql::DatabaseError& error);
        /// On another session, maybe with another server: this one is lost, or none could be had, or it takes no
        /// changes.
        bool may_reconnect_after(const sql::DatabaseError& error);

    private:
        Database& database_;
        std::chrono::steady_clock::time_point end_;
        int repeated_ = 0;
        int reconnected_ = 0;
    };

    template <class F>
    static auto in_transaction(sql::Connection& connection, F& work) {
        sql::Transaction transaction(connection);
        Session session{connection};
        using Worked = decltype(work(session));
        if constexpr (std::is_void_v<Worked>) {
            work(session);
            transaction.commit();
        } else {
            auto outcome = work(session);
            if (succeeded(outcome)) transaction.commit();
            return outcome;
        }
    }

    template <class T>
    static bool succeeded(const Result<T>& outcome) {
        return static_cast<bool>(outcome);
    }
    template <class T>
    static bool succeeded(const T&) {
        return true;
    }

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
        const Purpose purpose_;
        Pool& pool_;
        std::unique_ptr<sql::Connection> connection_;
        int exceptions_;
    };

    Pool& pool_for(Purpose purpose);
    std::unique_ptr<sql::Connection> acquire(Pool& pool);
    void release(Pool& pool, std::unique_ptr<sql::Connection> connection);

    const sql::Address address_;
    const Options options_;
    std::mutex mutex_;                   // guards the pools and the times
    std::condition_variable reachable_;  // a session could be opened
    std::condition_variable writable_;   // a change was made
    Pool readers_;
    Pool writers_;
    std::chrono::steady_clock::time_point answered_at_{};
    std::chrono::steady_clock::time_point gives_up_at_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace mf
