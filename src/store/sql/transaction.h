// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

namespace mf::sql {

enum class TransactionKind {
    writing,   ///< Connection::begin
    snapshot,  ///< Connection::begin_snapshot
};

/// A transaction that is rolled back unless it was committed.
class Transaction {
public:
    explicit Transaction(Connection& connection, TransactionKind kind = TransactionKind::writing)
        : connection_(connection) {
        kind == TransactionKind::writing ? connection_.begin() : connection_.begin_snapshot();
    }
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
    Connection& connection_;
    bool open_ = true;
};

}  // namespace mf::sql
