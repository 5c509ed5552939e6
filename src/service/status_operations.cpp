// SPDX-License-Identifier: MIT
#include "domain/credential.h"
#include "domain/event.h"
#include "service/job_operations.h"
#include "service/list_filter.h"
#include "store/migration.h"
#include "store/queries/statistics.h"
#include "store/sql/clock.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>

namespace mf {
namespace {

std::string state_of_role(Call& call, std::string_view role) {
    const auto now = sql::current_time(call.session.sql);
    const auto rows = call.sql().query(R"(SELECT "roles" FROM "node" WHERE "stopped_at" IS NULL AND "lease_until" > ?)",
                                       {std::int64_t{now.time_since_epoch().count()}});
    for (const auto& row : rows)
        if (std::get<std::string>(row[0]).find(role) != std::string::npos) return "active";
    return "inactive";
}

std::string operating_system() {
    utsname system{};
    return ::uname(&system) == 0 ? fmt::format("{} {}", system.sysname, system.release) : "unknown";
}

std::int64_t peak_memory_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

std::string_view name_of_database(sql::Dialect dialect) {
    switch (dialect) {
        case sql::Dialect::sqlite: return "sqlite";
        case sql::Dialect::postgres: return "pgsql";
        case sql::Dialect::mariadb: return "mysql";
    }
    return {};
}

Result<json::value> show_status(Call& call, const NoInput&) {
    const ListQuery live{.equals = {only_live()}};
    const auto jobs = job_statistics(call.session, call.scope, call.now);
    Job clock;
    clock.schedule = call.now;
    return json::value{
        {"version-cli", MULTIFLEXI_VERSION},
        {"version-core", MULTIFLEXI_VERSION},
        {"db-migration", fmt::format("{:04}", schema_version(call.session))},
        {"user", call.actor.login},
        {"php", "none (C++)"},
        {"os", operating_system()},
        {"memory", peak_memory_kib()},
        {"companies", call.repository<Company>().count(live)},
        {"apps", call.repository<Application>().count(live)},
        {"runtemplates", call.repository<RunTemplate>().count(live)},
        {"topics", call.repository<Topic>().count({})},
        {"event_sources", call.repository<EventSource>().count({})},
        {"event_rules", call.repository<EventRule>().count({})},
        {"credentials", call.repository<Credential>().count(live)},
        {"credential_types", call.repository<CredentialType>().count(live)},
        {"jobs", fmt::format("total: {}, monthly: {}, weekly: {}, daily: {}, hourly: {}, minute avg: {:.2f}",
                             jobs.total, jobs.last_month, jobs.last_week, jobs.last_day, jobs.this_hour,
                             static_cast<double>(jobs.last_day) / (24 * 60))},
        {"database", name_of_database(call.session.sql.dialect())},
        {"encryption", "active"},
        {"zabbix", "disabled"},
        {"telemetry", "disabled"},
        {"executor", state_of_role(call, "executor")},
        {"scheduler", state_of_role(call, "scheduler")},
        {"timestamp", to_json(clock).at("schedule")}};
}

}  // namespace

void add_status_operations(Operations& operations) {
    add(operations, {"status", "GET /status", "Show the state of the installation.", Permission::view_catalog},
        show_status);
}

}  // namespace mf
