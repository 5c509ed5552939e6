// SPDX-License-Identifier: MIT
#include "service/job_detail.h"

#include "base/json.h"
#include "execute/exit_meaning.h"
#include "service/job_environment.h"
#include "store/queries/job_output.h"

#include <fmt/format.h>

namespace mf {

template <>
const Entity& entity_of<JobReference>() {
    static constexpr auto fields =
        fields_of<JobReference>(field<&JobReference::id>("id", {.help = "Number of the job", .required = true}),
                                field<&JobReference::output>("output", {.help = "With its output (yes)"}));
    static constexpr Entity entity{"job_reference", "Job", fields};
    return entity;
}

namespace {

constexpr std::size_t most_output_in_record = 16 << 20;

struct JobDetail {
    sql::Row row;  ///< the fields of a job
    Job job;
    std::optional<std::string> recorded_environment;
    json::object expected_environment;             ///< of a job that waits
    std::optional<std::string> declared_severity;  ///< of its exit code, by the application
};

/// How bad the exit code is: as the application declares it, else by general custom. Null without an exit code.
json::value exit_severity_of(const JobDetail& detail) {
    const Job& job = detail.job;
    if (!job.exitcode) return nullptr;
    // Codes of other states come from the platform, whatever the application means by the same number.
    const bool is_of_application = job.state == JobState::succeeded || job.state == JobState::failed;
    if (is_of_application && detail.declared_severity) return json::value(*detail.declared_severity);
    return json::value(to_text(exit_meaning(static_cast<int>(*job.exitcode)).severity));
}

std::string output_of(Call& call, const Job& job, OutputSource source) {
    // How much a job has printed is recorded with its end.
    const auto size = source == OutputSource::standard_output ? job.stdout_size : job.stderr_size;
    return job.end && size == 0 ? std::string() : read_stream(call.session, job.id, source, most_output_in_record);
}

Result<JobDetail> read_detail(Call& call, std::int64_t id) {
    static const std::string text = fmt::format(
        R"(SELECT {}, e."env", x."severity" FROM "job" j LEFT JOIN "job_environment" e ON e."job_id" = j."id"
           LEFT JOIN "application_exit_code" x ON x."application_id" = j."app_id" AND x."exit_code" = j."exitcode"
           WHERE j."id" = ? AND {{scope j}})",
        column_list(entity_of<Job>(), "j"));
    auto rows = call.sql().query(text, {id});
    if (rows.empty()) return Error{ErrorCode::not_found, "No job found with given identifier"};
    JobDetail out{.row = std::move(rows[0])};
    const auto severity = std::move(out.row.back());
    out.row.pop_back();
    auto recorded = std::move(out.row.back());
    out.row.pop_back();
    fill(entity_of<Job>(), out.row, &out.job);
    if (const auto* declared = std::get_if<std::string>(&severity)) out.declared_severity = *declared;
    if (is_waiting(out.job))
        out.expected_environment = std::move(job_environments(call, std::span(&out.job, 1))[id]);
    else if (auto* environment = std::get_if<std::string>(&recorded))
        out.recorded_environment = std::move(*environment);
    return out;
}

}  // namespace

void add_output(Call& call, const Job& job, json::object& record) {
    record["stdout"] = output_of(call, job, OutputSource::standard_output);
    record["stderr"] = output_of(call, job, OutputSource::standard_error);
}

Result<json::value> get_job(Call& call, const JobReference& input) {
    auto detail = read_detail(call, input.id);
    if (!detail) return detail.error();
    auto record = to_json(detail->job);
    record["env"] = detail->recorded_environment ? recorded_environment(*detail->recorded_environment)
                                                 : std::move(detail->expected_environment);
    record["exit_severity"] = exit_severity_of(*detail);
    if (input.output.value_or(true)) add_output(call, detail->job, record);
    return json::value(std::move(record));
}

Result<std::string> job_text(Call& call, const json::object& input) {
    JobReference reference;
    if (auto read = from_json(entity_of<JobReference>(), input, &reference); !read) return read.error();
    auto detail = read_detail(call, reference.id);
    if (!detail) return detail.error();
    std::string out;
    out.reserve(2048);
    append_row(out, entity_of<Job>(), detail->row);
    out.back() = ',';
    out += R"("env":)";
    if (detail->recorded_environment)
        append_recorded_environment(out, *detail->recorded_environment);
    else
        out += to_text(json::value(std::move(detail->expected_environment)));
    out.append(R"(,"exit_severity":)").append(to_text(exit_severity_of(*detail)));
    if (reference.output.value_or(true)) {
        out += R"(,"stdout":)";
        append_json_string(out, output_of(call, detail->job, OutputSource::standard_output));
        out += R"(,"stderr":)";
        append_json_string(out, output_of(call, detail->job, OutputSource::standard_error));
    }
    out += '}';
    return out;
}

}  // namespace mf
