// SPDX-License-Identifier: MIT
#include "service/job_environment.h"

#include "secure/vault.h"
#include "service/environment_layers.h"
#include "service/server_environment.h"
#include "store/rows_of.h"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <utility>

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

/// Writes [{"key": "A", "value": "b", …}, …] as {"A": "b", …} while it is read (Boost.JSON, basic_parser: requirements
/// of a handler).
class VariableWriter {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;

    explicit VariableWriter(std::string& out) : out_(out) {}

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t, json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) {
        name_.clear();
        value_.clear();
        return true;
    }
    bool on_object_end(std::size_t, json::error_code&) {
        out_ += std::exchange(separator_, ',');
        append_json_string(out_, name_);
        out_ += ':';
        append_json_string(out_, value_);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
    bool on_key(json::string_view part, std::size_t, json::error_code&) {
        add(part);
        member_.swap(text_);
        text_.clear();
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
    bool on_string(json::string_view part, std::size_t, json::error_code&) {
        add(part);
        if (member_ == "key") name_.swap(text_);
        if (member_ == "value") value_.swap(text_);
        text_.clear();
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
    bool on_double(double, json::string_view, json::error_code&) { return true; }
    bool on_bool(bool, json::error_code&) { return true; }
    bool on_null(json::error_code&) { return true; }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    bool add(json::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }

    std::string& out_;
    char separator_ = '{';
    std::string text_, member_, name_, value_;
};

}  // namespace

bool is_waiting(const Job& job) { return job.state == JobState::pending || job.state == JobState::claimed; }

void append_recorded_environment(std::string& out, const std::string& text) {
    const auto before = out.size();
    json::basic_parser<VariableWriter> parser(json::parse_options(), out);
    json::error_code problem;
    parser.write_some(false, text.data(), text.size(), problem);
    if (problem) out.resize(before);
    out += out.size() == before ? "{}" : "}";
}

json::object recorded_environment(const std::string& text) {
    std::string out;
    append_recorded_environment(out, text);
    auto parsed = parse_json(out);
    return parsed ? std::move(parsed->as_object()) : json::object();
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
