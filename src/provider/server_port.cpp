// SPDX-License-Identifier: MIT
#include "provider/server_port.h"

#include "base/text.h"
#include "provider/field_values.h"
#include "provider/remote_calls.h"

#include <fmt/format.h>
#include <optional>

namespace mf {
namespace {

struct ServerPlace {
    std::string host;
    int port = 0;
    std::string_view keyword;  ///< of the field to correct
};

Availability reach_server(const ServerPlace& place, ProviderContext& context) {
    RemoteCalls calls(context, std::chrono::seconds(5));
    const auto reached = calls.reach({.host = place.host, .port = place.port});
    if (reached)
        return is_available(fmt::format("{}:{} takes connections. The account was not tried.", place.host, place.port));
    if (reached.error().code == ErrorCode::unavailable) return availability_of(reached.error());
    return availability_of(wrong_field(
        place.keyword,
        fmt::format("{} must name a server: a name or an address, and a port from 1 to 65535.", place.keyword)));
}

Availability nothing_to_try(std::string message) {
    return {AvailabilityState::unknown, std::move(message), ttl_of_good_news};
}

/// DB_PORT, or the usual one.
Result<int> database_port(const FieldValues& fields, std::optional<int> usual) {
    const auto text = field_text(fields, "DB_PORT");
    if (text.empty() && usual) return *usual;
    const auto port = to_integer(text);
    if (!port || *port < 1 || *port > 65535) return wrong_field("DB_PORT", "DB_PORT must be a number from 1 to 65535.");
    return static_cast<int>(*port);
}

Availability check_database(const FieldValues& fields, std::optional<int> usual_port, ProviderContext& context) {
    if (const auto given = require_fields(fields, {"DB_HOST"}); !given) return availability_of(given.error());
    const std::string host(field_text(fields, "DB_HOST"));
    if (host.starts_with('/')) return nothing_to_try("DB_HOST is a socket of the machine that runs the job.");
    if (host.find('\\') != std::string::npos) return nothing_to_try("DB_HOST is a named instance, without a port.");
    const auto port = database_port(fields, usual_port);
    if (!port) return availability_of(port.error());
    return reach_server({.host = host, .port = *port, .keyword = "DB_HOST"}, context);
}

struct DatabaseType {
    std::string_view name;
    int port;  ///< 0: a file
};
constexpr auto database_types = std::to_array<DatabaseType>({{"mysql", 3306},
                                                             {"mariadb", 3306},
                                                             {"pgsql", 5432},
                                                             {"postgres", 5432},
                                                             {"postgresql", 5432},
                                                             {"sqlsrv", 1433},
                                                             {"mssql", 1433},
                                                             {"dblib", 1433},
                                                             {"sqlite", 0}});

const DatabaseType* database_type(std::string_view name) {
    for (const auto& each : database_types)
        if (equal_ignoring_case(each.name, name)) return &each;
    return nullptr;
}

}  // namespace

Availability SqlServer::check(const FieldValues& fields, ProviderContext& context) const {
    return check_database(fields, 1433, context);
}

Availability DatabaseConnection::check(const FieldValues& fields, ProviderContext& context) const {
    auto name = field_text(fields, "DB_TYPE");
    if (name.empty()) name = field_text(fields, "DB_CONNECTION");
    if (name.empty()) return availability_of(require_fields(fields, {"DB_TYPE"}).error());
    const DatabaseType* type = database_type(name);
    if (type && type->port == 0) return nothing_to_try("The database is a file of the machine that runs the job.");
    return check_database(fields, type ? std::optional(type->port) : std::nullopt, context);
}

Availability Mail::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given = require_fields(fields, {"MAILER_DSN"}); !given) return availability_of(given.error());
    const auto text = field_text(fields, "MAILER_DSN");
    // Several servers in the form of Symfony: failover(smtp://… smtp://…)
    if (text.starts_with("failover(") || text.starts_with("roundrobin("))
        return nothing_to_try("MAILER_DSN names several servers; none was tried.");
    const auto url = read_url(text);
    if (!url)
        return availability_of(wrong_field(
            "MAILER_DSN", fmt::format("MAILER_DSN must look like smtp://user:password@host:port, with special "
                                      "characters as %XX. {}",
                                      url.error().message)));
    const bool is_smtp = url->scheme == "smtp" || url->scheme == "smtps";
    if (!is_smtp || url->host == "default") return nothing_to_try("MAILER_DSN names no server that could be tried.");
    const int usual = url->scheme == "smtps" ? 465 : 25;
    return reach_server({.host = url->host, .port = url->port != 0 ? url->port : usual, .keyword = "MAILER_DSN"},
                        context);
}

}  // namespace mf
