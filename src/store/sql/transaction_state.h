// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

#include <utility>

namespace mf::sql {

/// What the drivers know of the transaction of their session. After any failure in it nothing runs until rollback(),
/// and commit() is refused: PostgreSQL demands that; SQLite and MariaDB would keep the half that worked or, where they
/// have ended the transaction themselves (deadlock, full disk), go on without one. A session that was lost stays lost.
class TransactionState {
public:
    /// The description of the database begins the messages.
    explicit TransactionState(std::string database) : database_(std::move(database)) {}

    /// Runs a statement: also what refuses it on this side counts as a failure of the transaction.
    template <class Work>
    auto statement(Work&& work) {
        require_usable();
        try {
            return work();
        } catch (const DatabaseError& error) {
            if (error.kind == DatabaseError::Kind::lost)
                state_ = State::broken;
            else if (state_ == State::open)
                state_ = State::failed;
            throw;
        } catch (...) {
            if (state_ == State::open) state_ = State::failed;
            throw;
        }
    }
    template <class Work>
    void begin(Work&& work) {
        require_usable();
        if (state_ != State::none) refuse(" is in a transaction already: end that one first.");
        work();
        state_ = State::open;
    }
    /// uncertain instead of lost: the answer that is missing may have been a success.
    template <class Work>
    void commit(Work&& work) {
        if (state_ == State::none) refuse(" has no transaction that could be committed: begin one first.");
        require_usable();
        try {
            statement(work);
        } catch (const DatabaseError& error) {
            if (error.kind != DatabaseError::Kind::lost) throw;
            throw DatabaseError(
                DatabaseError::Kind::uncertain,
                std::string(error.what()) +
                    " That was while a change was made final, so whether it was made is not known: look "
                    "before you repeat it.");
        }
        state_ = State::none;
    }
    /// Before the database is told to roll back; false: there is nothing to tell it.
    bool take_back() noexcept { return state_ != State::broken && std::exchange(state_, State::none) != State::none; }
    /// The database did not roll back: whether the transaction is still open there is not known any more.
    void rollback_failed() noexcept { state_ = State::broken; }

    bool open() const { return state_ == State::open; }

private:
    enum class State { none, open, failed, broken };

    [[noreturn]] void refuse(const char* why, DatabaseError::Kind kind = DatabaseError::Kind::other) const {
        throw DatabaseError(kind, database_ + why);
    }
    void require_usable() const {
        if (state_ == State::failed)
            refuse(" has ended the transaction after an error. Nothing of it was kept: repeat it.");
        if (state_ == State::broken) refuse(" has lost this session: connect to it again.", DatabaseError::Kind::lost);
    }

    const std::string database_;
    State state_ = State::none;
};

}  // namespace mf::sql
