// SPDX-License-Identifier: MIT
#include "service/job_environment.h"

#include "secure/vault.h"
#include "service/environment_layers.h"
#include "service/server_environment.h"
#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// What a waiting job would get now; empty when it cannot be assembled, for which it will be blocked with the reason.
json::object expected(Call& call, const LayerRows& rows, const RunTemplate& origin, const Job& job,
                      const std::string* sealed_override, const std::vector<GivenVariable>& inherited) {
    EnvironmentSubject subject{.run_template = origin,
                               .executor = job.executor,
                               .job_id = job.id.value,
                               .work_directory = std::string(work_directory_of_some_job),
                               .allowed_names = call.allowed_names,
                               .inherited = inherited};
    if (sealed_override) {
        auto values = call.vault->open(*sealed_override, {"job_override", "sealed", job.id.value})
                          .and_then([](const std::string& text) { return launch_values_from(text); });
        if (!values) return {};
        subject.launch = *std::move(values);
    }
    const auto environment = rows.layers(*call.vault, subject).and_then(assemble_environment);
    json::object out;
    if (environment)
        for (const auto& variable : environment->variables) out[variable.name] = shown_value(variable);
    return out;
}

}  // namespace

bool is_waiting(const Job& job) { return job.state == JobState::pending || job.state == JobState::claimed; }

json::object recorded_environment(const std::string& text) {
    json::object out;
    const auto parsed = parse_json(text);
    const auto* variables = parsed ? parsed->if_array() : nullptr;
    if (!variables) return out;
    for (const auto& variable : *variables) out[variable.at("key").as_string()] = variable.at("value");
    return out;
}

std::map<std::int64_t, json::object> job_environments(Call& call, std::span<const Job> jobs) {
    std::map<std::int64_t, json::object> out;
    std::vector<std::int64_t> begun, waiting, origins;
    for (const Job& job : jobs) {
        out[job.id.value];
        const bool waits = is_waiting(job);
        (waits ? waiting : begun).push_back(job.id.value);
        if (waits) origins.push_back(job.runtemplate_id.value);
    }
    call.sql().rows_of(
        R"(SELECT "job_id", "env" FROM "job_environment" WHERE "job_id" IN ({}))", begun,
        [&](sql::Row& row) { out[integer_of(row[0])] = recorded_environment(std::get<std::string>(row[1])); });
    if (waiting.empty()) return out;

    std::map<std::int64_t, std::string> overrides;
    call.sql().rows_of(
        R"(SELECT "job_id", "sealed" FROM "job_override" WHERE "job_id" IN ({}))", waiting,
        [&](sql::Row& row) { overrides[integer_of(row[0])] = std::get<std::string>(std::move(row[1])); });
    std::vector<RunTemplate> run_templates;
    call.sql().rows_of(fmt::format(R"(SELECT {} FROM "runtemplate" WHERE "id" IN ({{}}) AND {{scope}})",
                                   column_list(entity_of<RunTemplate>())),
                       origins,
                       [&](sql::Row& row) { fill(entity_of<RunTemplate>(), row, &run_templates.emplace_back()); });
    std::ranges::sort(run_templates, {}, &RunTemplate::id);
    const LayerRows rows(call.session, run_templates);
    const auto inherited = published_environment(call.session).value_or(std::vector<GivenVariable>());
    for (const Job& job : jobs) {
        if (!is_waiting(job)) continue;
        const auto origin = std::ranges::lower_bound(run_templates, job.runtemplate_id, {}, &RunTemplate::id);
        if (origin == run_templates.end() || origin->id != job.runtemplate_id) continue;
        const auto found = overrides.find(job.id.value);
        out[job.id.value] =
            expected(call, rows, *origin, job, found == overrides.end() ? nullptr : &found->second, inherited);
    }
    return out;
}

}  // namespace mf
