// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

namespace mf {

/// What a database says about itself; cheap to ask for.
struct DatabaseFacts {
    std::string version;     ///< of SQLite or of the server
    std::int64_t bytes = 0;  ///< that tables and indexes take; of SQLite without the log beside the file
    std::string isolation;   ///< of our transactions
    std::string durability;  ///< when the server holds a commit for kept; empty for SQLite, where the session decides
};
DatabaseFacts database_facts(sql::Connection& connection);

}  // namespace mf
