// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"

#include "api/compatible/compatible_api.h"
#include "base/zone.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

Result<Answer> show_index(Exchange& exchange) {
    const auto base = exchange.options().prefix + std::string(CompatibleApi::root);
    json::array paths;
    for (const auto& endpoint : all_endpoints())
        paths.push_back({{"path", fmt::format("{}/{}", base, endpoint.path)}, {"method", endpoint.method}});
    return Answer{.body = {{"index", std::move(paths)}}};
}

Result<Answer> pong(Exchange&) { return Answer{.body = {{"ping", json::array{{{"ping", "pong"}}}}}}; }

/// With its offset, as clients expect members of this name.
std::string timestamp(const Exchange& exchange) { return format_iso(exchange.now(), exchange.zone(), UtcMark::offset); }

/// What an operation counts; nothing for whoever may not know. That the server lives is told everybody, without an
/// entry about a refusal in the audit log.
Result<json::object> counts(const Exchange& exchange, std::string_view operation, Permission permission) {
    if (!exchange.caller().rights.may(permission)) return json::object();
    return exchange.record(operation, {});
}

json::value one_of(const json::object& counted, std::string_view name) {
    const auto* found = counted.if_contains(name);
    return found ? *found : json::value();
}

Result<Answer> show_status(Exchange& exchange) {
    const auto counted = counts(exchange, "status", Permission::view_catalog);
    if (!counted) return counted.error();
    json::object status;
    for (const auto& [name, source] :
         {std::pair("version", "version-core"), std::pair("php", "php"), std::pair("os", "os"),
          std::pair("memory", "memory"), std::pair("companies", "companies"), std::pair("apps", "apps"),
          std::pair("runtemplates", "runtemplates"), std::pair("topics", "topics"),
          std::pair("credentials", "credentials"), std::pair("credential_types", "credential_types"),
          std::pair("credentialtypes", "credential_types"), std::pair("eventsources", "event_sources"),
          std::pair("eventrules", "event_rules"), std::pair("database", "database"), std::pair("daemon", "scheduler")})
        status[name] = one_of(*counted, source);
    status["timestamp"] = timestamp(exchange);
    return Answer{.body = {{"status", std::move(status)}}};
}

Result<Answer> show_jobs_status(Exchange& exchange) {
    const auto counted = counts(exchange, "job:status", Permission::view);
    if (!counted) return counted.error();
    json::object status{{"timestamp", timestamp(exchange)}};
    for (const auto* name :
         {"successful_jobs", "failed_jobs", "incomplete_jobs", "total_applications", "repeated_jobs", "total_jobs"})
        status[name] = one_of(*counted, name);
    status["quee_length"] = one_of(*counted, "queue_length");
    return Answer{.body = {{"jobsStatus", std::move(status)}}};
}

constexpr Endpoint installation_table[] = {
    {"GET", "index", Who::everybody, "", show_index},
    {"GET", "ping", Who::everybody, "", pong},
    {"GET", "status", Who::guests, "", show_status},
    {"GET", "jobs/status", Who::guests, "", show_jobs_status},
};

}  // namespace

std::span<const Endpoint> installation_endpoints() { return installation_table; }

}  // namespace mf::compatible
