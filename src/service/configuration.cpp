// SPDX-License-Identifier: MIT
#include "service/configuration.h"

#include "domain/command_template.h"
#include "domain/process_environment.h"
#include "service/environment_layers.h"
#include "service/field_columns.h"
#include "service/run_template_warnings.h"
#include "service/sealing.h"
#include "service/server_environment.h"
#include "service/waiting_reason.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view sealed_column = "value";

std::vector<ApplicationField> declared_fields(Session& session, Id<Application> application) {
    auto fields = Repository<ApplicationField>(session, Scope::everything())
                      .list({.equals = {{"application_id", application.value}}});
    std::ranges::sort(fields, {}, &ApplicationField::position);
    return fields;
}

ConfigType type_of(const ApplicationField& field) { return config_type_named(field.type).value_or(ConfigType::string); }

bool holds_secret(const ApplicationField& field) { return field.secret || is_secret(type_of(field)); }

ConfigConstraints constraints_of(const ApplicationField& field) {
    return constraints_from(type_of(field), field.options, field.constraints);
}

std::vector<Configuration> stored_values(Call& call, const RunTemplate& run_template) {
    return call.repository<Configuration>().list({.equals = {{"runtemplate_id", run_template.id.value}}});
}

/// The values as their types are written; what is wrong goes into `error`, all of it.
TextMap judged_values(Call& call, const std::vector<ApplicationField>& declared, const TextMap& values, Error& error) {
    TextMap canonical;
    for (const auto& [name, value] : values) {
        const auto judged = judge_variable_name(name, call.allowed_names);
        if (judged.refused() || judged.verdict == NameVerdict::reserved) {
            error.fields.push_back({name, fmt::format("{}: {}", shown_name(name), judged.reason)});
            continue;
        }
        const auto field = std::ranges::find(declared, name, &ApplicationField::name);
        if (field == declared.end() && begins_with_digit(name)) {
            error.fields.push_back(
                {name, fmt::format("{}: The name begins with a digit, which no shell can set, and the application does "
                                   "not declare it; choose a name that begins with a letter.",
                                   shown_name(name))});
            continue;
        }
        const auto checked = field == declared.end() ? canonical_value(ConfigType::text, value)
                                                     : canonical_value(type_of(*field), value, constraints_of(*field));
        if (checked)
            canonical[name] = *checked;
        else
            error.fields.push_back({name, fmt::format("{}: {}", name, checked.error().message)});
    }
    return canonical;
}

Error complete(Error error) {
    for (const auto& each : error.fields) error.message += (error.message.empty() ? "" : " ") + each.message;
    return error;
}

/// What a job would get now, but for what is found out only when it starts.
struct Foreseen {
    Environment environment;
    std::vector<std::string> asked_at_launch;  ///< names of credentials
};

Result<Foreseen> foreseen_environment(Call& call, const RunTemplate& run_template,
                                      const std::optional<std::vector<GivenVariable>>& inherited) {
    const LayerRows rows(call.session, std::span(&run_template, 1));
    auto environment = rows.layers(*call.vault, {.run_template = run_template,
                                                 .executor = run_template.executor,
                                                 .work_directory = std::string(work_directory_of_some_job),
                                                 .allowed_names = call.allowed_names,
                                                 .inherited = inherited.value_or(std::vector<GivenVariable>())})
                           .and_then(assemble_environment);
    if (!environment) return environment.error();
    return Foreseen{*std::move(environment), rows.credentials().asked_at_launch(run_template.id)};
}

std::string quoted_list(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += fmt::format("{}'{}'", out.empty() ? "" : ", ", printable(name));
    return out;
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

Result<TextMap> checked_values(Call& call, Id<Application> application, const TextMap& values) {
    Error error;
    auto canonical = judged_values(call, declared_fields(call.session, application), values, error);
    if (error.fields.empty()) return canonical;
    return complete(std::move(error));
}

Result<void> store_configuration(Call& call, const RunTemplate& run_template, const TextMap& values,
                                 const TextList& removed) {
    const auto declared = declared_fields(call.session, run_template.app_id);
    const auto stored = stored_values(call, run_template);
    Error error;
    const auto canonical = judged_values(call, declared, values, error);
    for (const auto& name : removed)
        if (std::ranges::find(stored, name, &Configuration::name) == stored.end())
            error.fields.push_back(
                {name, fmt::format("{}: the run template has no value of this name.", shown_name(name))});
    if (!error.fields.empty()) return complete(std::move(error));
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
        after.sealed = field != declared.end() ? holds_secret(*field) : sounds_secret(name);
        after.value = value;
        if (after.sealed) {
            auto sealed = seal(call, value, {"configuration", sealed_column, before.id.value});
            if (!sealed) return sealed.error();
            after.value = *std::move(sealed);
        }
        if (auto updated = rows.update(before, after); !updated) return updated;
    }
    return {};
}

json::object shown_configuration(Call& call, const RunTemplate& run_template) {
    json::object out;
    const auto declared = declared_fields(call.session, run_template.app_id);
    for (const auto& field : declared)
        if (holds_secret(field)) out[field.name] = secret_unset_text;
    for (const auto& row : stored_values(call, run_template)) {
        const bool is_declared = std::ranges::find(declared, row.name, &ApplicationField::name) != declared.end();
        if (row.sealed || out.contains(row.name) || (!is_declared && sounds_secret(row.name)))
            out[row.name] = secret_mask_text;
        else
            out[row.name] = row.value;
    }
    return out;
}

json::array secret_names(Call& call, const RunTemplate& run_template, std::span<const TextMap> values) {
    json::array out;
    if (std::ranges::all_of(values, &TextMap::empty)) return out;
    const auto declared = declared_fields(call.session, run_template.app_id);
    const auto foreseen = foreseen_environment(call, run_template, std::nullopt);
    const auto is_secret = [&](const std::string& name) {
        const auto* variable = foreseen ? foreseen->environment.find(name) : nullptr;
        if (variable && variable->secret) return true;
        if (const auto field = std::ranges::find(declared, name, &ApplicationField::name); field != declared.end())
            return holds_secret(*field);
        const auto is_of_credential = [](const LayerValue& value) { return value.layer.kind == LayerKind::credential; };
        return !(variable && std::ranges::any_of(variable->layers, is_of_credential)) && sounds_secret(name);
    };
    for (const TextMap& map : values)
        for (const auto& [name, value] : map)
            if (!value.empty() && is_secret(name) && std::ranges::find(out, json::value(name)) == out.end())
                out.emplace_back(name);
    return out;
}

namespace {

std::vector<std::string> value_warnings(const Foreseen& foreseen) {
    if (foreseen.environment.missing_required.empty()) return {};
    const auto reason = missing_required_reason(foreseen.environment);
    if (foreseen.asked_at_launch.empty())
        return {fmt::format("Its jobs will be blocked until this is done: {}", reason)};
    return {fmt::format("Its jobs will be blocked unless {} has what is missing when they start: {}",
                        quoted_list(foreseen.asked_at_launch), reason)};
}

/// proc(5): the arguments of a process are for everybody, its environment is not.
std::optional<std::string> argument_warning(Call& call, const RunTemplate& run_template,
                                            const Environment& environment) {
    const auto application = call.repository<Application>().find(run_template.app_id);
    if (!application) return std::nullopt;
    const auto arguments = CommandTemplate::parse(application->arguments);
    if (!arguments) return std::nullopt;
    std::vector<std::string> secrets;
    for (const std::string& name : arguments->names())
        if (const auto* variable = environment.find(name); variable && variable->secret) secrets.push_back(name);
    if (secrets.empty()) return std::nullopt;
    const bool is_one = secrets.size() == 1;
    return fmt::format(
        "The secret{} {} stand{} in the arguments of the program, where everybody on the machine of a job "
        "can read {} while it runs. An application should take {} from its environment.",
        is_one ? "" : "s", fmt::join(secrets, ", "), is_one ? "s" : "", is_one ? "it" : "them", is_one ? "it" : "them");
}

}  // namespace

std::vector<std::string> configuration_warnings(Call& call, const RunTemplate& run_template) {
    std::vector<std::string> warnings;
    if (const auto foreseen = foreseen_environment(call, run_template, published_environment(call.session))) {
        warnings = value_warnings(*foreseen);
        if (auto told = argument_warning(call, run_template, foreseen->environment))
            warnings.push_back(*std::move(told));
    } else {
        warnings.push_back(fmt::format("Its jobs will be blocked: {}", foreseen.error().message));
    }
    if (run_template.runs_on.empty()) return warnings;
    if (const auto reason = WaitingReasons(call.session, call.now).of_labels(run_template.runs_on); !reason.empty())
        warnings.push_back(fmt::format("Its jobs will wait: {}", reason));
    return warnings;
}

Result<json::value> explain_environment(Call& call, const RunTemplate& run_template) {
    const auto inherited = published_environment(call.session);
    const auto foreseen = foreseen_environment(call, run_template, inherited);
    if (!foreseen) return foreseen.error();
    const auto& environment = foreseen->environment;
    json::array variables, warnings;
    for (const auto& variable : environment.variables) variables.push_back(explained(variable));
    if (!inherited)
        warnings.emplace_back(
            "No executor runs: what jobs inherit from it (PATH, HOME, LANG and others) is not shown.");
    for (auto& warning : requirement_warnings(call.session, run_template)) warnings.emplace_back(std::move(warning));
    if (!foreseen->asked_at_launch.empty())
        warnings.emplace_back(fmt::format("What {} provides is found out when a job starts, and is not shown.",
                                          quoted_list(foreseen->asked_at_launch)));
    for (const auto& [name, message] : environment.warnings)
        warnings.emplace_back(fmt::format("{}: {}", name, message));
    return json::value{
        {"variables", std::move(variables)},
        {"missing", json::array(environment.missing_required.begin(), environment.missing_required.end())},
        {"warnings", std::move(warnings)}};
}

}  // namespace mf
