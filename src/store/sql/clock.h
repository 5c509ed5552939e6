// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

namespace mf::sql {

/// What time it is for the database, at this statement (not at the begin of its transaction): the one clock that all
/// programs on a database share. That of SQLite is the clock of the machine.
Timestamp current_time(Connection& connection);

}  // namespace mf::sql
