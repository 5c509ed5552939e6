// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event.h"
#include "store/sql/connection.h"

namespace mf {

/// Where the database of an event source is: one entry for each address of its host, of which a few are enough. The
/// password is the one in clear. invalid: it names none, the host is not known, or it has only addresses of the own
/// link (net/link_local.h), which are never asked. How long the name is looked up is up to the resolver of the machine.
Result<std::vector<sql::Address>> addresses_of_source(const EventSource& source, const std::string& password);

/// Calls `use` with these addresses, one after the other, until one of them answers, and with how long it may take to
/// connect, and each statement then. All of it takes `limit` about. Throws the last DatabaseError, of the kind lost
/// when the time was over.
void ask_source(const std::vector<sql::Address>& addresses, std::chrono::milliseconds limit,
                const std::function<void(const sql::Address&, std::chrono::milliseconds)>& use);

}  // namespace mf
