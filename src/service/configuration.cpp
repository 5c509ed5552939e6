// SPDX-License-Identifier: MIT
#include "service/configuration.h"

#include "secure/vault.h"

#include <fmt/format.h>

namespace mf {
namespace {

using sql::Row;

constexpr std::string_view sealed_column = "value";

/// Stands for the directory that each job gets for itself, where there is no job yet.
constexpr std::string_view work_directory_of_some_job = "<work directory of the job>";

const std::string& text(const Value& value) { return std::get<std::string>(value); }
bool truth(const Value& value) {
    const auto* flag = std::get_if<bool>(&value);
    return flag ? *flag : std::get<std::int64_t>(value) != 0;
}

std::vector<ApplicationField> declared_fields(Session& session, Id<Application> application) {
    auto fields = Repository<ApplicationField>(session, Scope::everything())
                      .list({.equals = {{"application_id", application.value}}});
    std::ranges::sort(fields, {}, &ApplicationField::position);
    return fields;
}

ConfigType type_of(const ApplicationField& field) { return config_type_named(field.type).value_or(ConfigType::string); }

bool is_secret(const ApplicationField& field) { return field.secret || is_secret(type_of(field)); }

ConfigConstraints constraints_of(const ApplicationField& field) {
    ConfigConstraints out;
    if (const auto options = parse_json(field.options);
        options && options->is_array() && type_of(field) == ConfigType::set)
        for (const auto& option : options->get_array()) out.options.emplace_back(option.at("value").as_string());
    const auto parsed = parse_json(field.constraints);
    const auto* limits = parsed ? parsed->if_object() : nullptr;
    if (!limits) return out;
    if (auto* v = limits->if_contains("pattern")) out.pattern = std::string(v->as_string());
    if (auto* v = limits->if_contains("minimum")) out.minimum = v->to_number<double>();
    if (auto* v = limits->if_contains("maximum")) out.maximum = v->to_number<double>();
    if (auto* v = limits->if_contains("minLength")) out.minimum_length = v->to_number<std::int64_t>();
    if (auto* v = limits->if_contains("maxLength")) out.maximum_length = v->to_number<std::int64_t>();
    return out;
}

std::vector<Configuration> stored_values(Call& call, const RunTemplate& run_template) {
    return call.repository<Configuration>().list({.equals = {{"runtemplate_id", run_template.id.value}}});
}

json::value explained(const EnvironmentVariable& variable) {
    json::array shadowed;
    for (std::size_t i = 0; i + 1 < variable.layers.size(); ++i)
        shadowed.push_back(
            {{"value", shown_value(variable, variable.layers[i])}, {"source", to_text(variable.layers[i].layer)}});
    return {{"key", variable.name},      {"value", shown_value(variable)}, {"source", to_text(variable.layer)},
            {"secret", variable.secret}, {"required", variable.required},  {"shadowed", std::move(shadowed)}};
}

}  // namespace

Result<void> store_configuration(Call& call, const RunTemplate& run_template, const TextMap& values,
                                 const TextList& removed) {
    const auto declared = declared_fields(call.session, run_template.app_id);
    const auto stored = stored_values(call, run_template);
    Error error;
    TextMap canonical;
    for (const auto& [name, value] : values) {
        const auto judged = judge_variable_name(name, call.allowed_names);
        if (judged.refused() || judged.verdict == NameVerdict::reserved) {
            error.fields.push_back({name, fmt::format("{}: {}", shown_name(name), judged.reason)});
            continue;
        }
        const auto field = std::ranges::find(declared, name, &ApplicationField::name);
        const auto checked = field == declared.end() ? canonical_value(ConfigType::text, value)
                                                     : canonical_value(type_of(*field), value, constraints_of(*field));
        if (checked)
            canonical[name] = *checked;
        else
            error.fields.push_back({name, fmt::format("{}: {}", name, checked.error().message)});
    }
    for (const auto& name : removed)
        if (std::ranges::find(stored, name, &Configuration::name) == stored.end())
            error.fields.push_back(
                {name, fmt::format("{}: the run template has no value of this name.", shown_name(name))});
    if (!error.fields.empty()) {
        for (const auto& each : error.fields) error.message += (error.message.empty() ? "" : " ") + each.message;
        return error;
    }
    auto rows = call.repository<Configuration>();
    for (const auto& name : removed)
        if (auto erased = rows.erase(std::ranges::find(stored, name, &Configuration::name)->id); !erased) return erased;
    for (const auto& [name, value] : canonical) {
        const auto field = std::ranges::find(declared, name, &ApplicationField::name);
        const auto old = std::ranges::find(stored, name, &Configuration::name);
        Configuration before;
        if (old != stored.end() && std::ranges::find(removed, name) == removed.end()) {
            before = *old;
        } else {
            before = {.runtemplate_id = run_template.id, .company_id = run_template.company_id, .name = name};
            if (auto inserted = rows.insert(before); !inserted) return inserted;
        }
        Configuration after = before;
        after.orphaned = field == declared.end();
        after.sealed = field != declared.end() && is_secret(*field);
        after.value = after.sealed ? call.vault.seal(value, {"configuration", sealed_column, before.id.value}) : value;
        if (auto updated = rows.update(before, after); !updated) return updated;
    }
    return {};
}

json::object shown_configuration(Call& call, const RunTemplate& run_template) {
    json::object out;
    for (const auto& field : declared_fields(call.session, run_template.app_id))
        if (is_secret(field)) out[field.name] = secret_unset_text;
    for (const auto& row : stored_values(call, run_template)) {
        if (row.sealed)
            out[row.name] = secret_mask_text;
        else
            out[row.name] = row.value;
    }
    return out;
}

Result<json::value> explain_environment(Call& call, const RunTemplate& run_template) {
    const auto layers = environment_layers(call.session, call.vault,
                                           {.run_template = run_template,
                                            .executor = run_template.executor,
                                            .work_directory = std::string(work_directory_of_some_job),
                                            .allowed_names = call.allowed_names});
    if (!layers) return layers.error();
    const auto environment = assemble_environment(*layers);
    if (!environment) return environment.error();
    json::array variables, warnings;
    for (const auto& variable : environment->variables) variables.push_back(explained(variable));
    for (const auto& [name, message] : environment->warnings)
        warnings.emplace_back(fmt::format("{}: {}", name, message));
    return json::value{
        {"variables", std::move(variables)},
        {"missing", json::array(environment->missing_required.begin(), environment->missing_required.end())},
        {"warnings", std::move(warnings)}};
}

Result<EnvironmentLayers> environment_layers(Session& session, const Vault& vault, const EnvironmentSubject& subject) {
    const RunTemplate& origin = subject.run_template;
    EnvironmentLayers layers{.company_id = origin.company_id.value,
                             .temporary_directory = subject.work_directory,
                             .allowed_names = subject.allowed_names};
    for (
        const auto& row : session.sql.query(
            R"(SELECT "name", "type", "defval", "required", "secret" FROM "application_field" WHERE "application_id" = ? ORDER BY "position")",
            {origin.app_id.value})) {
        DeclaredVariable& declared = layers.application.emplace_back();
        declared.name = text(row[0]);
        declared.type = config_type_named(text(row[1])).value_or(ConfigType::string);
        if (!is_null(row[2])) declared.default_value = text(row[2]);
        declared.required = truth(row[3]);
        declared.secret = truth(row[4]);
    }
    // Applications made with the EasePHP framework log to where this says; others ignore it.
    if (std::ranges::find(layers.application, "EASE_LOGGER", &DeclaredVariable::name) == layers.application.end())
        layers.application.push_back({.name = "EASE_LOGGER", .default_value = "syslog|console"});
    for (const auto& row : session.sql.query(
             R"(SELECT "id", "name", "value", "secret" FROM "company_variable" WHERE "company_id" = ? ORDER BY "id")",
             {origin.company_id.value})) {
        GivenVariable given{.name = text(row[1]), .value = text(row[2]), .secret = truth(row[3])};
        if (given.secret) {
            auto opened = vault.open(text(row[2]), {"company_variable", "value", std::get<std::int64_t>(row[0])});
            if (!opened)
                return Error{ErrorCode::unavailable,
                             fmt::format("Company variable {}: {}", given.name, opened.error().message)};
            given.value = *std::move(opened);
        }
        layers.company.push_back(std::move(given));
    }
    for (const auto& row : session.sql.query(
             R"(SELECT "id", "name", "value", "sealed" FROM "configuration" WHERE "runtemplate_id" = ? ORDER BY "id")",
             {origin.id.value})) {
        GivenVariable given{.name = text(row[1]), .value = text(row[2]), .secret = truth(row[3])};
        if (given.secret) {
            auto opened = vault.open(text(row[2]), {"configuration", sealed_column, std::get<std::int64_t>(row[0])});
            if (!opened)
                return Error{ErrorCode::unavailable, fmt::format("Value {}: {}", given.name, opened.error().message)};
            given.value = *std::move(opened);
        }
        layers.runtemplate.push_back(std::move(given));
    }
    for (const auto& [name, value] : subject.launch.config)
        layers.launch_json.push_back({.name = name, .value = value});
    for (const auto& [name, value] : subject.launch.env) layers.launch.push_back({.name = name, .value = value});

    const auto facts = session.sql.query(
        R"(SELECT a."name", a."uuid", c."code", c."name" FROM "application" a, "company" c WHERE a."id" = ? AND c."id" = ?)",
        {origin.app_id.value, origin.company_id.value});
    if (facts.empty())
        return Error{ErrorCode::not_found, "The application or the company of the run template is gone."};
    layers.platform = platform_variables({.job_id = subject.job_id,
                                          .application_id = origin.app_id.value,
                                          .application_name = text(facts[0][0]),
                                          .application_uuid = text(facts[0][1]),
                                          .company_id = origin.company_id.value,
                                          .company_code = text(facts[0][2]),
                                          .company_name = text(facts[0][3]),
                                          .runtemplate_id = origin.id.value,
                                          .runtemplate_name = origin.name,
                                          .executor = std::string(name_of(subject.executor)),
                                          .temporary_directory = subject.work_directory});
    return layers;
}

}  // namespace mf
