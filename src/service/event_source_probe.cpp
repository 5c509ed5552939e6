// SPDX-License-Identifier: MIT
#include "service/event_source_probe.h"

#include "base/text.h"
#include "domain/definition/finding.h"
#include "net/link_local.h"
#include "store/sql/visit.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

namespace mf {
namespace {

/// Of a host with several; the others are hardly ever another machine.
constexpr std::size_t most_addresses = 4;

struct HostAddresses {
    std::vector<std::string> numeric;
    bool has_link_local = false;
    std::string problem = {};
};

HostAddresses addresses_of_host(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    HostAddresses out;
    if (const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &first); failed != 0) {
        out.problem = gai_strerror(failed);
        return out;
    }
    for (const addrinfo* each = first; each && out.numeric.size() < most_addresses; each = each->ai_next) {
        if (is_link_local(*each->ai_addr)) {
            out.has_link_local = true;
            continue;
        }
        char text[NI_MAXHOST];
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
            out.numeric.emplace_back(text);
    }
    freeaddrinfo(first);
    return out;
}

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
    if (source.db_database.empty()) return {.message = "The event source names no database; set db_database."};
    sql::Address address{.dialect = source.db_connection == SourceDatabase::sqlite  ? sql::Dialect::sqlite
                                    : source.db_connection == SourceDatabase::pgsql ? sql::Dialect::postgres
                                                                                    : sql::Dialect::mariadb,
                         .database = source.db_database};
    std::vector<std::string> hosts{source.db_host};
    if (address.dialect != sql::Dialect::sqlite) {
        address.port = static_cast<int>(to_integer(source.db_port).value_or(0));
        address.user = source.db_username;
        address.password = password;
        if (!source.db_host.starts_with('/')) {
            auto found = addresses_of_host(source.db_host);
            if (!found.problem.empty())
                return {.message = fmt::format("The host '{}' is not known: {}. Correct db_host.",
                                               printable(source.db_host), found.problem)};
            if (found.numeric.empty() && found.has_link_local)
                return {.message = fmt::format("The host '{}' has an address of the own link, which is never asked.",
                                               printable(source.db_host))};
            hosts = std::move(found.numeric);
        }
    }
    SourceProbe last{.message = fmt::format("The host '{}' has no address.", printable(source.db_host))};
    const auto end = std::chrono::steady_clock::now() + limit;
    for (const auto& host : hosts) {
        address.host = host;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left <= std::chrono::milliseconds(0)) break;
        try {
            return probe_address(address, left / 2);
        } catch (const sql::DatabaseError& error) {
            last.message = error.what();
            last.answered = is_of_database_server(error.cause);
            if (error.kind != sql::DatabaseError::Kind::lost) break;  // that one has answered
        }
    }
    return last;
}

}  // namespace mf
