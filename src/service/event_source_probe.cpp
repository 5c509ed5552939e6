// SPDX-License-Identifier: MIT
#include "service/event_source_probe.h"

#include "service/event_source_address.h"
#include "store/sql/visit.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// Only a database says such things; another program that answers there is not taken for one.
bool is_of_database_server(sql::DatabaseError::Cause cause) {
    using enum sql::DatabaseError::Cause;
    return cause == account || cause == database || cause == permission || cause == read_only ||
           cause == too_many_sessions;
}

SourceProbe probe_address(const sql::Address& address, std::chrono::milliseconds limit) {
    const auto session = sql::visit(address, limit);
    try {
        session->query(
            R"(SELECT "inversion", "evidence", "operation", "recordid" FROM "changes_cache" ORDER BY "inversion" LIMIT 1)");
    } catch (const sql::DatabaseError& error) {
        return {.answered = true,
                .reachable = true,
                .message = fmt::format("The database answers, but its changes cannot be read: {} It needs a table "
                                       "changes_cache with inversion, evidence, operation and recordid.",
                                       error.what())};
    }
    return {.answered = true,
            .reachable = true,
            .readable = true,
            .message = "The database answers, and its changes can be read."};
}

}  // namespace

SourceProbe probe_event_source(const EventSource& source, const std::string& password,
                               std::chrono::milliseconds limit) {
    const auto addresses = addresses_of_source(source, password);
    if (!addresses) return {.message = addresses.error().message};
    SourceProbe out;
    try {
        ask_source(*addresses, limit, [&](const sql::Address& address, std::chrono::milliseconds part) {
            out = probe_address(address, part);
        });
    } catch (const sql::DatabaseError& error) {
        out.message = error.what();
        out.answered = is_of_database_server(error.cause);
    }
    return out;
}

}  // namespace mf
