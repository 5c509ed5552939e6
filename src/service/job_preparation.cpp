// SPDX-License-Identifier: MIT
#include "service/job_preparation.h"

#include "domain/command_template.h"
#include "execute/work_directory.h"
#include "service/environment_layers.h"

#include <fmt/format.h>

namespace mf {
namespace {

struct ApplicationFacts {
    std::string executable, arguments, image, version, result_file;
};

std::optional<ApplicationFacts> facts_of(Session& session, Id<Application> id) {
    auto rows = session.sql.query(
        R"(SELECT "executable", "arguments", "ociimage", "version", "resultfile" FROM "application" WHERE "id" = ?)",
        {id.value});
    if (rows.empty()) return std::nullopt;
    const auto text = [&](std::size_t i) { return std::move(std::get<std::string>(rows[0][i])); };
    return ApplicationFacts{text(0), text(1), text(2), text(3), text(4)};
}

/// Written without a document in between: every job has one of these.
std::string environment_json(const Environment& environment) {
    std::string out = "[";
    const auto add = [&out](std::string_view name, std::string_view text) {
        append_json_string(out, name);
        out += ':';
        append_json_string(out, text);
        out += ',';
    };
    for (const auto& variable : environment.variables) {
        out += out.size() > 1 ? ",{" : "{";
        add("key", variable.name);
        add("value", shown_value(variable));
        add("source", to_text(variable.layer));
        out += variable.secret ? R"("secret":true})" : R"("secret":false})";
    }
    return out += ']';
}

/// Patterns of files may name variables, as in redmine2abraflexi_{REDMINE_PROJECT}.json.
std::string pattern_for(std::string_view declared, const Environment& environment) {
    std::string out;
    std::size_t from = 0;
    while (const auto macro = next_macro(declared, from)) {
        out += declared.substr(from, macro->begin - from);
        const auto* variable = environment.find(macro->name);
        if (!variable) {
            out += declared.substr(macro->begin, macro->end - macro->begin);
        } else {
            // The value is text, not an expression.
            for (const char c : variable->value) {
                if (std::string_view(R"(\.^$|?*+()[]{}-)").find(c) != std::string_view::npos) out += '\\';
                out += c;
            }
        }
        from = macro->end;
    }
    return out.append(declared.substr(from));
}

}  // namespace

std::string text_in_english(const std::string& json_text) {
    const auto parsed = parse_json(json_text);
    if (!parsed) return json_text;
    if (const auto* text = parsed->if_string()) return std::string(*text);
    const auto* languages = parsed->if_object();
    if (!languages || languages->empty()) return {};
    const auto* english = languages->if_contains("en");
    const auto& chosen = english ? *english : languages->begin()->value();
    return chosen.is_string() ? std::string(chosen.get_string()) : std::string();
}

std::variant<PreparedJob, BlockedJob> prepare_job(Session& session, const Vault& vault, const ClaimedJob& claimed,
                                                  const std::filesystem::path& work_directory,
                                                  const JobSurroundings& surroundings) {
    const Job& job = claimed.job;
    const RunTemplate& origin = claimed.run_template;
    BlockedJob blocked;
    const auto because = [&](std::string reason) {
        blocked.reason = std::move(reason);
        return blocked;
    };
    const auto facts = facts_of(session, job.app_id);
    if (!facts) return because("The application of this job is gone; choose another one for the run template.");
    blocked.app_version = facts->version;

    EnvironmentSubject subject{.run_template = origin,
                               .executor = job.executor,
                               .job_id = job.id.value,
                               .work_directory = work_directory.string(),
                               .allowed_names = surroundings.allowed_names};
    if (claimed.sealed_override) {
        const auto opened = vault.open(*claimed.sealed_override, {"job_override", "sealed", job.id.value});
        if (!opened) return because("Launch values: " + opened.error().message);
        auto values = launch_values_from(*opened);
        if (!values) return because(values.error().message);
        subject.launch = *std::move(values);
    }
    const auto layers = environment_layers(session, vault, subject);
    if (!layers) return because(layers.error().message);
    const auto environment = assemble_environment(*layers);
    if (!environment) return because(environment.error().message);
    blocked.environment = environment_json(*environment);
    if (!environment->missing_required.empty()) return because(missing_required_reason(*environment));

    auto words = command_words(facts->executable);
    if (!words) return because(words.error().message);
    const auto arguments = CommandTemplate::parse(facts->arguments);
    if (!arguments) return because(arguments.error().message);
    const auto filled = arguments->fill([&](std::string_view name) -> std::optional<CommandTemplate::Value> {
        const auto* variable = environment->find(name);
        if (!variable) return std::nullopt;
        return CommandTemplate::Value{variable->value, variable->secret};
    });
    if (!filled) return because(filled.error().message);

    PreparedJob out;
    auto shown = *words;
    shown.insert(shown.end(), filled->shown.begin(), filled->shown.end());
    out.command = join_words(shown);
    out.plan.argv = *std::move(words);
    out.plan.argv.insert(out.plan.argv.end(), filled->arguments.begin(), filled->arguments.end());
    out.plan.job_id = job.id.value;
    out.plan.work_directory = work_directory;
    out.plan.image = facts->image;
    out.plan.limit = std::chrono::seconds(origin.time_limit);
    out.plan.grace = std::chrono::seconds(origin.grace);
    for (const auto& [name, value] : surroundings.inherited) out.plan.environment[name] = value;
    for (const auto& variable : environment->variables) out.plan.environment[variable.name] = variable.value;
    out.plan.environment["TMPDIR"] = work_directory.string();

    for (
        const auto& row : session.sql.query(
            R"(SELECT "path", "name", "description" FROM "application_artifact" WHERE "application_id" = ? ORDER BY "position")",
            {job.app_id.value})) {
        out.artifacts.patterns.push_back(pattern_for(std::get<std::string>(row[0]), *environment));
        const auto description = text_in_english(std::get<std::string>(row[2]));
        out.artifact_notes.push_back(description.empty() ? text_in_english(std::get<std::string>(row[1]))
                                                         : description);
    }
    if (const auto* result = environment->find("RESULT_FILE"))
        out.artifacts.result_file = result->value;
    else
        out.artifacts.result_file = facts->result_file;
    out.artifacts.most_files = static_cast<std::size_t>(origin.artifact_count_limit);
    out.artifacts.most_bytes = static_cast<std::uint64_t>(origin.artifact_limit);
    out.secrets = environment->secrets();
    out.app_version = facts->version;
    out.environment = std::move(blocked.environment);
    return out;
}

}  // namespace mf
