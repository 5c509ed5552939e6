// SPDX-License-Identifier: MIT
#include "service/event_source_address.h"

#include "base/text.h"
#include "domain/definition/finding.h"
#include "net/link_local.h"

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

}  // namespace

Result<std::vector<sql::Address>> addresses_of_source(const EventSource& source, const std::string& password) {
    if (source.db_database.empty()) return invalid("The event source names no database; set db_database.");
    sql::Address address{.dialect = source.db_connection == SourceDatabase::sqlite  ? sql::Dialect::sqlite
                                    : source.db_connection == SourceDatabase::pgsql ? sql::Dialect::postgres
                                                                                    : sql::Dialect::mariadb,
                         .database = source.db_database,
                         .host = source.db_host};
    if (address.dialect == sql::Dialect::sqlite) return std::vector{address};
    address.port = static_cast<int>(to_integer(source.db_port).value_or(0));
    address.user = source.db_username;
    address.password = password;
    if (source.db_host.starts_with('/')) return std::vector{address};
    const auto found = addresses_of_host(source.db_host);
    if (!found.problem.empty())
        return invalid(
            fmt::format("The host '{}' is not known: {}. Correct db_host.", printable(source.db_host), found.problem));
    if (found.numeric.empty())
        return invalid(
            fmt::format("The host '{}' has {}.", printable(source.db_host),
                        found.has_link_local ? "an address of the own link, which is never asked" : "no address"));
    std::vector<sql::Address> out;
    for (const auto& host : found.numeric) {
        address.host = host;
        out.push_back(address);
    }
    return out;
}

void ask_source(const std::vector<sql::Address>& addresses, std::chrono::milliseconds limit,
                const std::function<void(const sql::Address&, std::chrono::milliseconds)>& use) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (std::size_t i = 0;; ++i) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        try {
            return use(addresses.at(i), std::max<std::chrono::milliseconds>(left / 2, std::chrono::milliseconds(1)));
        } catch (const sql::DatabaseError& error) {
            // Another kind comes from one that has answered.
            if (error.kind != sql::DatabaseError::Kind::lost || i + 1 == addresses.size() ||
                std::chrono::steady_clock::now() >= end)
                throw;
        }
    }
}

}  // namespace mf
