// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

namespace mf::testing {

/// Holds the write lock of the database, as another program may.
struct WriteLock {
    explicit WriteLock(Database& database) : connection(sql::open(database.address())) { connection->begin(); }
    ~WriteLock() { connection->rollback(); }
    std::unique_ptr<sql::Connection> connection;
};

}  // namespace mf::testing
