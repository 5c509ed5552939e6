// SPDX-License-Identifier: MIT
#pragma once

#include "base/settings.h"
#include "store/sql/connection.h"

namespace mf {

/// What a failure of the database of these settings says to the person who made the settings: the message of the error
/// and, when something about the address is wrong, which settings that is, what they are, and where they come from.
/// The password is only said to be there or not. An error about another database stays as it is.
std::string told(const sql::DatabaseError& error, const Settings& settings);

/// Will it be so until somebody changes the settings or the database: a refused account, no database of that name, and
/// the like? No: waiting may help.
bool lasts_until_changed(const sql::DatabaseError& error);

/// "NAME=value (where it comes from)"; of the password only whether it is set.
std::string with_origin(std::string_view name, const Settings& settings);

}  // namespace mf
