// SPDX-License-Identifier: MIT
#include "service/job_preparation.h"

#include "domain/command_template.h"
#include "execute/work_directory.h"
#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

template <class Key>
std::vector<std::int64_t> ids_of_jobs(std::span<const ClaimedJob> claimed, Id<Key> Job::*key) {
    std::vector<std::int64_t> out;
    for (const ClaimedJob& one : claimed) out.push_back((one.job.*key).value);
    return out;
}

/// The name of the file for a variable.
std::string input_name(std::string_view variable) {
    auto out = fmt::format("input-{}", variable);
    std::ranges::replace(out, '/', '_');
    return out;
}

std::vector<RunTemplate> run_templates_of(std::span<const ClaimedJob> claimed) {
    std::vector<RunTemplate> out;
    for (const ClaimedJob& one : claimed) out.push_back(one.run_template);
    return out;
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

JobPreparation::JobPreparation(Session& session, std::span<const ClaimedJob> claimed)
    : layers_(session, run_templates_of(claimed)) {
    const auto text = [](Value& value) { return std::move(std::get<std::string>(value)); };
    const auto id = [](const sql::Row& row) { return std::get<std::int64_t>(row[0]); };
    const auto applications = ids_of_jobs(claimed, &Job::app_id);
    std::map<std::int64_t, std::string> required;
    rows_of(
        session,
        R"(SELECT "id", "executable", "arguments", "ociimage", "version", "resultfile", "requirements" FROM "application" WHERE "id" IN ({}))",
        applications, [&](sql::Row& row) {
            applications_[id(row)] = {text(row[1]), text(row[2]), text(row[3]), text(row[4]), text(row[5]), {}};
            required[id(row)] = text(row[6]);
        });
    requirements_.emplace(session, run_templates_of(claimed), required, layers_.credentials());
    rows_of(
        session,
        R"(SELECT "application_id", "path", "name", "description" FROM "application_artifact" WHERE "application_id" IN ({}) ORDER BY "position")",
        applications, [&](sql::Row& row) {
            auto note = text_in_english(text(row[3]));
            if (note.empty()) note = text_in_english(text(row[2]));
            applications_[id(row)].artifacts.push_back({text(row[1]), std::move(note)});
        });
    rows_of(session, R"(SELECT "id" FROM "job" WHERE "id" IN ({}) AND "cancel_requested_at" IS NOT NULL)",
            ids_of_jobs(claimed, &Job::id), [&](sql::Row& row) { unwanted_.insert(id(row)); });
    for (auto& input : input_artifacts(session, ids_of_jobs(claimed, &Job::id)))
        inputs_[input.job.value].push_back(std::move(input));
}

std::variant<PreparedJob, BlockedJob> JobPreparation::prepare(const Vault& vault, const ClaimedJob& claimed,
                                                              const std::filesystem::path& work_directory,
                                                              const JobSurroundings& surroundings,
                                                              const Provided& provided) const {
    const Job& job = claimed.job;
    const RunTemplate& origin = claimed.run_template;
    BlockedJob blocked;
    const auto because = [&](std::string reason) {
        blocked.reason = std::move(reason);
        return blocked;
    };
    const auto found = applications_.find(job.app_id.value);
    if (found == applications_.end())
        return because("The application of this job is gone; choose another one for the run template.");
    const ApplicationFacts& facts = found->second;
    blocked.app_version = facts.version;

    EnvironmentSubject subject{.run_template = origin,
                               .executor = job.executor,
                               .job_id = job.id.value,
                               .work_directory = work_directory.string(),
                               .allowed_names = surroundings.allowed_names,
                               .inherited = surroundings.inherited,
                               .provided = provided};
    if (claimed.sealed_override) {
        const auto opened = vault.open(*claimed.sealed_override, {"job_override", "sealed", job.id.value});
        if (!opened) return because("Launch values: " + opened.error().message);
        auto values = launch_values_from(*opened);
        if (!values) return because(values.error().message);
        subject.launch = *std::move(values);
    }
    std::vector<InputFile> inputs;
    if (const auto given = inputs_.find(job.id.value); given != inputs_.end())
        for (const InputArtifact& input : given->second) {
            inputs.push_back({input_name(input.variable), input.artifact});
            subject.launch.env[input.variable] = (work_directory / inputs.back().name).string();
        }
    const auto layers = layers_.layers(vault, subject);
    if (!layers) return because(layers.error().message);
    const auto environment = assemble_environment(*layers);
    if (!environment) return because(environment.error().message);
    blocked.environment = environment_json(*environment);
    if (auto unmet = requirements_->unmet(origin.id); !unmet.empty()) return because(std::move(unmet));
    if (!environment->missing_required.empty()) return because(missing_required_reason(*environment));

    auto words = command_words(facts.executable);
    if (!words) return because(words.error().message);
    const auto arguments = CommandTemplate::parse(facts.arguments);
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
    out.plan.image = facts.image;
    out.plan.limit = std::chrono::seconds(origin.time_limit);
    out.plan.grace = std::chrono::seconds(origin.grace);
    for (const auto& variable : environment->variables) out.plan.environment[variable.name] = variable.value;

    for (const auto& [path, note] : facts.artifacts) {
        out.artifacts.patterns.push_back(pattern_for(path, *environment));
        out.artifact_notes.push_back(note);
    }
    const auto* result = environment->find("RESULT_FILE");
    const std::string& file = result ? result->value : facts.result_file;
    if (!is_stream(file)) out.artifacts.result_file = file;
    // Real applications write to fixed places, such as /tmp/report.json.
    out.artifacts.outside_result = ArtifactRules::OutsideResult::accepted;
    out.artifacts.most_files = static_cast<std::size_t>(origin.artifact_count_limit);
    out.artifacts.most_bytes = static_cast<std::uint64_t>(origin.artifact_limit);
    out.plan.secrets = environment->secrets();
    out.plan.output_limit = origin.output_limit;
    out.app_version = facts.version;
    out.environment = std::move(blocked.environment);
    out.inputs = std::move(inputs);
    return out;
}

}  // namespace mf
