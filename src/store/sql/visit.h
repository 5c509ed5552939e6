// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

namespace mf::sql {

/// Opens a session with a database of another program, to read there: any version of PostgreSQL, MariaDB or MySQL, or a
/// file of SQLite that exists and is not changed. Connecting and each statement may take `limit` at most, which MariaDB
/// counts in whole seconds. Names in SQL are quoted as everywhere ("x"). Throws DatabaseError like open().
std::unique_ptr<Connection> visit(Address address, std::chrono::milliseconds limit);

/// The same, to change rows there. A file of SQLite keeps its kind of journal, and is not made.
std::unique_ptr<Connection> visit_to_change(Address address, std::chrono::milliseconds limit);

}  // namespace mf::sql
