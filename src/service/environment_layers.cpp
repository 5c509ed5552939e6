// SPDX-License-Identifier: MIT
#include "service/environment_layers.h"

#include "domain/process_environment.h"
#include "secure/vault.h"
#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string& text(Value& value) { return std::get<std::string>(value); }

template <class Member>
std::vector<std::int64_t> ids_of(std::span<const RunTemplate> run_templates, Member member) {
    std::vector<std::int64_t> out;
    for (const RunTemplate& run_template : run_templates) out.push_back((run_template.*member).value);
    return out;
}

template <class Map>
const typename Map::mapped_type& of(const Map& map, std::int64_t id) {
    static const typename Map::mapped_type none;
    const auto found = map.find(id);
    return found == map.end() ? none : found->second;
}

void put(std::vector<GivenVariable>& values, GivenVariable variable) {
    const auto stored = std::ranges::find(values, variable.name, &GivenVariable::name);
    if (stored == values.end())
        values.push_back(std::move(variable));
    else
        *stored = std::move(variable);
}

/// Of a value that somebody adds: the application or a credential decides what they describe, else its name does.
bool is_added_secret(const EnvironmentLayers& layers, std::string_view name) {
    const auto has = [&](const auto& variables) {
        return std::ranges::any_of(variables, [&](const auto& variable) { return variable.name == name; });
    };
    if (has(layers.application)) return false;
    if (std::ranges::any_of(layers.credentials, [&](const auto& credential) { return has(credential.values); }))
        return false;
    return sounds_secret(name);
}

}  // namespace

LayerRows::LayerRows(Session& session, std::span<const RunTemplate> run_templates)
    : credentials_(session, ids_of(run_templates, &RunTemplate::id)) {
    const auto templates = ids_of(run_templates, &RunTemplate::id);
    const auto companies = ids_of(run_templates, &RunTemplate::company_id);
    rows_of(
        session,
        R"(SELECT "application_id", "name", "type", "defval", "required", "secret" FROM "application_field" WHERE "application_id" IN ({}) ORDER BY "position")",
        ids_of(run_templates, &RunTemplate::app_id), [&](sql::Row& row) {
            DeclaredVariable& declared = declared_[integer_of(row[0])].emplace_back();
            declared.name = std::move(text(row[1]));
            declared.type = config_type_named(text(row[2])).value_or(ConfigType::string);
            if (!is_null(row[3])) declared.default_value = std::move(text(row[3]));
            declared.required = is_true(row[4]);
            declared.secret = is_true(row[5]);
        });
    const auto keep_in = [](std::map<std::int64_t, std::vector<Stored>>& kept) {
        return [&](sql::Row& row) {
            kept[integer_of(row[0])].push_back(
                {integer_of(row[1]),
                 {.name = std::move(text(row[2])), .value = std::move(text(row[3])), .secret = is_true(row[4])}});
        };
    };
    rows_of(
        session,
        R"(SELECT "company_id", "id", "name", "value", "secret" FROM "company_variable" WHERE "company_id" IN ({}) ORDER BY "id")",
        companies, keep_in(of_company_));
    rows_of(
        session,
        R"(SELECT "runtemplate_id", "id", "name", "value", "sealed" FROM "configuration" WHERE "runtemplate_id" IN ({}) ORDER BY "id")",
        templates, keep_in(of_run_template_));
    rows_of(session,
            R"(SELECT r."id", a."name", a."uuid", c."code", c."name" FROM "runtemplate" r
               JOIN "application" a ON a."id" = r."app_id" JOIN "company" c ON c."id" = r."company_id"
               WHERE r."id" IN ({}))",
            templates, [&](sql::Row& row) {
                facts_[integer_of(row[0])] = {std::move(text(row[1])), std::move(text(row[2])), std::move(text(row[3])),
                                              std::move(text(row[4]))};
            });
}

Result<EnvironmentLayers> LayerRows::layers(const Vault& vault, const EnvironmentSubject& subject) const {
    const RunTemplate& origin = subject.run_template;
    const auto facts = facts_.find(origin.id.value);
    if (facts == facts_.end())
        return Error{ErrorCode::not_found, "The application or the company of the run template is gone."};
    EnvironmentLayers layers{.process = subject.inherited,
                             .application = of(declared_, origin.app_id.value),
                             .company_id = origin.company_id.value,
                             .temporary_directory = subject.work_directory,
                             .allowed_names = subject.allowed_names};
    // Applications made with the EasePHP framework log to where this says; others ignore it.
    if (std::ranges::find(layers.application, "EASE_LOGGER", &DeclaredVariable::name) == layers.application.end())
        layers.application.push_back({.name = "EASE_LOGGER", .default_value = "syslog|console"});
    for (const Stored& stored : of(of_company_, origin.company_id.value)) {
        GivenVariable given = stored.variable;
        if (given.secret) {
            auto opened = vault.open(*given.value, {"company_variable", "value", stored.id});
            if (!opened)
                return Error{ErrorCode::unavailable,
                             fmt::format("Company variable {}: {}", given.name, opened.error().message)};
            given.value = *std::move(opened);
        }
        layers.company.push_back(std::move(given));
    }
    auto credentials = credentials_.of(vault, origin.id);
    if (!credentials) return credentials.error();
    layers.credentials = *std::move(credentials);
    for (AssignedCredential& credential : layers.credentials)
        if (const auto live = subject.provided.find(credential.id); live != subject.provided.end())
            for (const ProvidedVariable& variable : live->second)
                put(credential.values, {.name = variable.name, .value = variable.value, .secret = variable.secret});
    for (const Stored& stored : of(of_run_template_, origin.id.value)) {
        GivenVariable given = stored.variable;
        if (given.secret) {
            auto opened = vault.open(*given.value, {"configuration", "value", stored.id});
            if (!opened)
                return Error{ErrorCode::unavailable, fmt::format("Value {}: {}", given.name, opened.error().message)};
            given.value = *std::move(opened);
        }
        given.secret = given.secret || is_added_secret(layers, given.name);
        layers.runtemplate.push_back(std::move(given));
    }
    for (const auto& [name, value] : subject.launch.config)
        layers.launch_json.push_back({.name = name, .value = value, .secret = is_added_secret(layers, name)});
    for (const auto& [name, value] : subject.launch.env)
        layers.launch.push_back({.name = name, .value = value, .secret = is_added_secret(layers, name)});
    layers.platform = platform_variables({.job_id = subject.job_id,
                                          .application_id = origin.app_id.value,
                                          .application_name = facts->second.application_name,
                                          .application_uuid = facts->second.application_uuid,
                                          .company_id = origin.company_id.value,
                                          .company_code = facts->second.company_code,
                                          .company_name = facts->second.company_name,
                                          .runtemplate_id = origin.id.value,
                                          .runtemplate_name = origin.name,
                                          .executor = std::string(name_of(subject.executor)),
                                          .temporary_directory = subject.work_directory});
    return layers;
}

Result<EnvironmentLayers> environment_layers(Session& session, const Vault& vault, const EnvironmentSubject& subject) {
    return LayerRows(session, std::span(&subject.run_template, 1)).layers(vault, subject);
}

}  // namespace mf
