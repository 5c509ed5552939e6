// SPDX-License-Identifier: MIT
#include "app/database_advice.h"

#include "app/installation.h"

#include <fmt/format.h>
#include <cstdlib>

namespace mf {
namespace {

using Cause = sql::DatabaseError::Cause;

std::vector<std::string_view> settings_behind(Cause cause, const sql::Address& address) {
    switch (cause) {
        case Cause::server:
        case Cause::too_many_sessions:
        case Cause::read_only:
        case Cause::encryption:
        case Cause::version:
            if (address.dialect == sql::Dialect::sqlite) return {};
            if (sql::has_port(address)) return {"DB_HOST", "DB_PORT"};
            return {"DB_HOST"};
        case Cause::account: return {"DB_USERNAME", "DB_PASSWORD"};
        case Cause::database: return {"DB_DATABASE"};
        case Cause::permission: return {"DB_USERNAME", "DB_DATABASE"};
        case Cause::file: return {"DB_DATABASE"};
        case Cause::unknown: break;
    }
    return {};
}

std::string value_of(std::string_view name, const Settings& settings) {
    if (name == "DB_HOST") return "=" + settings.db_host;
    if (name == "DB_PORT") return fmt::format("={}", settings.db_port);
    if (name == "DB_DATABASE") return "=" + settings.db_database;
    if (name == "DB_USERNAME") return "=" + settings.db_username;
    if (name == "DB_PASSWORD") return settings.db_password.empty() ? " is not set" : " is set";
    const auto found = std::ranges::find(settings.effective, name, &EffectiveSetting::name);
    return found != settings.effective.end() ? "=" + found->value : "";
}

}  // namespace

bool lasts_until_changed(const sql::DatabaseError& error) {
    switch (error.cause) {
        case Cause::account:
        case Cause::database:
        case Cause::permission:
        case Cause::encryption:
        case Cause::version:
        case Cause::file: return true;
        case Cause::unknown:
        case Cause::server:
        case Cause::too_many_sessions:
        case Cause::read_only: break;
    }
    return false;
}

std::string with_origin(std::string_view name, const Settings& settings) {
    const auto found = std::ranges::find(settings.effective, name, &EffectiveSetting::name);
    const auto origin = found != settings.effective.end() ? fmt::format(" ({})", found->origin) : std::string();
    return fmt::format("{}{}{}", name, value_of(name, settings), origin);
}

std::string told(const sql::DatabaseError& error, const Settings& settings) {
    std::string out = error.what();
    const auto address = address_of(settings);
    if (!out.starts_with(sql::description_of(address))) return out;
    std::string list;
    for (const auto name : settings_behind(error.cause, address))
        list += (list.empty() ? "" : ", ") + with_origin(name, settings);
    // libpq reads it from the environment itself.
    if (const char* mode = std::getenv("PGSSLMODE");
        mode && error.cause == Cause::encryption && address.dialect == sql::Dialect::postgres)
        list += fmt::format(", PGSSLMODE={} (environment)", mode);
    if (list.empty()) return out;
    if (out.ends_with('.')) out.pop_back();
    return fmt::format("{}: {}.", out, list);
}

}  // namespace mf
