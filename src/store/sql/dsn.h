// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "store/sql/connection.h"

namespace mf::sql {

/// Reads the address of a database as people write it:
///
///     sqlite:/path/file.db
///     pgsql://user@host:port/name        ?socket=/directory instead of a host
///     mysql://user@host:port/name        ?socket=/path/mysqld.sock instead of a host
///
/// "postgres", "postgresql" and "mariadb" are understood as well, parts may be percent-encoded (RFC 3986). A host that
/// is left out is localhost. There is no password in it: command lines are seen by every user of a machine.
/// invalid: what is wrong with it and how it looks; the text is not repeated when there may be a password in it.
Result<Address> read_dsn(std::string_view text);

/// The same form for people, without a password.
std::string to_dsn(const Address& address);

}  // namespace mf::sql
