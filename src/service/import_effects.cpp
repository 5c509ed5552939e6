// SPDX-License-Identifier: MIT
#include "service/import_effects.h"

#include "domain/config_type.h"
#include "secure/vault.h"

#include <fmt/format.h>

namespace mf {

json::array mark_orphans(Call& call, Id<Application> id) {
    constexpr std::string_view declared =
        R"("name" IN (SELECT f."name" FROM "application_field" f WHERE f."application_id" = ?))";
    constexpr std::string_view of_application =
        R"("runtemplate_id" IN (SELECT r."id" FROM "runtemplate" r WHERE r."app_id" = ?))";
    call.session.sql.execute(
        fmt::format(R"(UPDATE "configuration" SET "orphaned" = ? WHERE {} AND {})", of_application, declared),
        {false, id.value, id.value});
    call.session.sql.execute(
        fmt::format(R"(UPDATE "configuration" SET "orphaned" = ? WHERE {} AND NOT {})", of_application, declared),
        {true, id.value, id.value});
    json::array out;
    for (
        const auto& row : call.session.sql.query(
            fmt::format(
                R"(SELECT "runtemplate_id", "name" FROM "configuration" WHERE {} AND NOT {} ORDER BY "runtemplate_id", "name")",
                of_application, declared),
            {id.value, id.value}))
        out.push_back({{"runtemplate_id", std::get<std::int64_t>(row[0])}, {"name", std::get<std::string>(row[1])}});
    return out;
}

void seal_new_secrets(Call& call, Id<Application> id) {
    const auto rows = call.session.sql.query(
        R"(SELECT c."id", c."value", f."type", f."secret" FROM "configuration" c
           JOIN "runtemplate" r ON r."id" = c."runtemplate_id"
           JOIN "application_field" f ON f."application_id" = r."app_id" AND f."name" = c."name"
           WHERE r."app_id" = ? AND c."sealed" = ?)",
        {id.value, false});
    for (const auto& row : rows) {
        const auto* flag = std::get_if<bool>(&row[3]);
        const bool declared = flag ? *flag : std::get<std::int64_t>(row[3]) != 0;
        const auto type = config_type_named(std::get<std::string>(row[2])).value_or(ConfigType::string);
        if (!declared && !is_secret(type)) continue;
        const auto key = std::get<std::int64_t>(row[0]);
        const auto sealed = call.vault.seal(std::get<std::string>(row[1]), {"configuration", "value", key});
        call.session.sql.execute(R"(UPDATE "configuration" SET "value" = ?, "sealed" = ? WHERE "id" = ?)",
                                 {sealed, true, key});
    }
}

json::array incomplete_templates(Call& call, Id<Application> id, const std::vector<std::string>& required) {
    struct Incomplete {
        std::string name;
        json::array missing;
    };
    std::map<std::int64_t, Incomplete> found;
    for (const std::string& name : required)
        // As at the start of a job: an empty value is none, and one of the run template hides that of the company.
        for (const auto& row : call.session.sql.query(
                 R"(SELECT r."id", r."name" FROM "runtemplate" r
LEFT JOIN "configuration" c ON c."runtemplate_id" = r."id" AND c."name" = ?
LEFT JOIN "company_variable" v ON v."company_id" = r."company_id" AND v."name" = ?
WHERE r."app_id" = ? AND r."live" = 1
AND (c."value" = '' OR (c."id" IS NULL AND (v."id" IS NULL OR v."value" = ''))))",
                 {name, name, id.value})) {
            auto& origin = found[std::get<std::int64_t>(row[0])];
            origin.name = std::get<std::string>(row[1]);
            origin.missing.emplace_back(name);
        }
    json::array out;
    for (auto& [key, origin] : found)
        out.push_back({{"id", key}, {"name", origin.name}, {"missing", std::move(origin.missing)}});
    return out;
}

}  // namespace mf
