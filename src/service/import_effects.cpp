// SPDX-License-Identifier: MIT
#include "service/import_effects.h"

#include "domain/config_type.h"
#include "service/sealing.h"

#include <fmt/format.h>

namespace mf {

void mark_orphans(Call& call, Id<Application> id) {
    constexpr std::string_view declared =
        R"("name" IN (SELECT f."name" FROM "application_field" f WHERE f."application_id" = ?))";
    constexpr std::string_view of_application =
        R"({scope} AND "runtemplate_id" IN (SELECT r."id" FROM "runtemplate" r WHERE r."app_id" = ?))";
    for (const bool orphaned : {false, true})
        call.sql().execute(fmt::format(R"(UPDATE "configuration" SET "orphaned" = ? WHERE {} AND {}{})", of_application,
                                       orphaned ? "NOT " : "", declared),
                           {orphaned, id.value, id.value});
}

json::array orphaned_values(Call& call, Id<Application> id, const ApplicationDefinition& definition) {
    std::vector<Value> parameters{id.value};
    std::string declared;
    for (const FieldDefinition& field : definition.environment) {
        declared += declared.empty() ? "?" : ",?";
        parameters.emplace_back(field.name);
    }
    json::array out;
    for (const auto& row :
         ScopedSql(call.session, call.seen())
             .query(fmt::format(R"(SELECT c."runtemplate_id", c."name" FROM "configuration" c
JOIN "runtemplate" r ON r."id" = c."runtemplate_id"
WHERE r."app_id" = ? AND r."live" = 1 AND {{scope r}}{} ORDER BY c."runtemplate_id", c."name")",
                                declared.empty() ? "" : fmt::format(R"( AND c."name" NOT IN ({}))", declared)),
                    parameters))
        out.push_back({{"runtemplate_id", std::get<std::int64_t>(row[0])}, {"name", std::get<std::string>(row[1])}});
    return out;
}

json::array unfit_values(Call& call, Id<Application> id, const ApplicationDefinition& definition,
                         const std::vector<std::string>& variables) {
    json::array out;
    for (const std::string& name : variables) {
        const auto field = std::ranges::find(definition.environment, name, &FieldDefinition::name);
        if (field == definition.environment.end()) continue;
        for (const auto& row :
             ScopedSql(call.session, call.seen())
                 .query(
                     R"(SELECT c."id", c."runtemplate_id", c."value", c."sealed" FROM "configuration" c
JOIN "runtemplate" r ON r."id" = c."runtemplate_id"
WHERE r."app_id" = ? AND r."live" = 1 AND {scope r} AND c."name" = ? ORDER BY c."runtemplate_id")",
                     {id.value, name})) {
            auto value = std::get<std::string>(row[2]);
            const bool sealed = is_true(row[3]);
            if (sealed) {
                auto opened = call.vault->open(value, {"configuration", "value", std::get<std::int64_t>(row[0])});
                if (!opened) continue;  // the start of a job says so
                value = std::move(*opened);
            }
            const auto fit = canonical_value(field->type, value, field->constraints);
            if (fit) continue;
            out.push_back({{"runtemplate_id", std::get<std::int64_t>(row[1])},
                           {"name", name},
                           {"problem", sealed ? "The secret value does not fit the declared type and its limits."
                                              : fit.error().message}});
        }
    }
    return out;
}

Result<void> seal_new_secrets(Call& call, Id<Application> id) {
    const auto rows = call.sql().query(
        R"(SELECT c."id", c."value", f."type", f."secret" FROM "configuration" c
           JOIN "runtemplate" r ON r."id" = c."runtemplate_id"
           JOIN "application_field" f ON f."application_id" = r."app_id" AND f."name" = c."name"
           WHERE r."app_id" = ? AND c."sealed" = ? AND {scope r})",
        {id.value, false});
    for (const auto& row : rows) {
        const auto type = config_type_named(std::get<std::string>(row[2])).value_or(ConfigType::string);
        if (!is_true(row[3]) && !is_secret(type)) continue;
        const auto key = std::get<std::int64_t>(row[0]);
        const auto sealed = seal(call, std::get<std::string>(row[1]), {"configuration", "value", key});
        if (!sealed) return sealed.error();
        call.sql().execute(R"(UPDATE "configuration" SET "value" = ?, "sealed" = ? WHERE "id" = ? AND {scope})",
                           {*sealed, true, key});
    }
    return {};
}

json::array incomplete_templates(Call& call, Id<Application> id, const std::vector<std::string>& required) {
    struct Incomplete {
        std::string name;
        json::array missing;
    };
    std::map<std::int64_t, Incomplete> found;
    for (const std::string& name : required)
        // As at the start of a job: an empty value is none, and one of the run template hides that of the company.
        for (const auto& row : ScopedSql(call.session, call.seen())
                                   .query(
                                       R"(SELECT r."id", r."name" FROM "runtemplate" r
LEFT JOIN "configuration" c ON c."runtemplate_id" = r."id" AND c."name" = ?
LEFT JOIN "company_variable" v ON v."company_id" = r."company_id" AND v."name" = ?
WHERE r."app_id" = ? AND r."live" = 1 AND {scope r}
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
