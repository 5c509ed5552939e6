// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"
#include "api/compatible/streamed_job.h"
#include "base/time_text.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

/// As the schedule type of jobs that come in here.
constexpr std::string_view made_here = "adhoc-api";

Result<Answer> list_jobs_by_id(Exchange& exchange) {
    return list(
        exchange,
        {.operation = "job:list", .columns = job_columns(), .element = "job", .link = "job", .has_ids_as_keys = true},
        {{"env", true}});
}

/// Without its outputs.
Result<json::object> head_of_job(const Exchange& exchange, std::int64_t id) {
    return exchange.record("job:get", {{"id", id}, {"output", false}});
}

/// Longer outputs are not put together in memory.
constexpr std::int64_t longest_output_at_once = 1 << 20;
/// In forms that are not written while they are sent.
constexpr std::size_t longest_output = 16 << 20;

Result<Answer> show_job(Exchange& exchange) {
    const auto head = head_of_job(exchange, exchange.id());
    if (!head) return head.error();
    auto shown = shaped(job_columns(), *head, exchange.zone());
    const auto length = head->at("stdout_size").as_int64() + head->at("stderr_size").as_int64();
    // A job that runs has no sizes yet.
    const bool runs = !head->at("begin").is_null() && head->at("end").is_null();
    if (exchange.form() == Form::json && (runs || length > longest_output_at_once)) {
        auto source = streamed_job(exchange, exchange.id(), shown);
        if (!source) return source.error();
        return Answer{.source = *std::move(source)};
    }
    if (auto added = add_outputs(exchange, exchange.id(), longest_output, shown); !added) return added.error();
    return Answer{.body = std::move(shown)};
}

/// Variables for one run. What is no text becomes one as the former server made it one: true is 1, false is empty.
Result<json::object> environment_given(const Exchange& exchange) {
    const auto* given = exchange.given().if_contains("env");
    if (!given) return json::object();
    const auto* members = given->if_object();
    // An empty object of PHP is sent as an empty list.
    if (const auto* list = given->if_array(); list && list->empty()) return json::object();
    if (!members) return invalid("env must be an object of texts.");
    json::object out;
    for (const auto& [name, value] : *members) {
        if (value.is_object() || value.is_array())
            return Error{ErrorCode::invalid, fmt::format("env: {} must be a text.", std::string_view(name))};
        out[name] = value.is_bool() ? (value.get_bool() ? "1" : "") : text_of(value);
    }
    return out;
}

Result<json::object> job_input(const Exchange& exchange) {
    json::object input{{"scheduled", exchange.text("scheduled").value_or("now")}};
    const auto* scheduled = exchange.given().if_contains("scheduled");
    if (input.at("scheduled").as_string().empty()) input["scheduled"] = "now";
    if ((scheduled && !scheduled->is_string()) ||
        !parse_time(std::string_view(input.at("scheduled").as_string()), exchange.now(), exchange.zone()))
        return invalid("Invalid scheduled value");
    if (const auto executor = exchange.text("executor"); executor && !executor->empty()) input["executor"] = *executor;
    return input;
}

/// What both kinds of clients expect: the job, and what the former server answered.
Result<Answer> launched(const Exchange& exchange, std::int64_t id) {
    const auto head = head_of_job(exchange, id);
    if (!head) return head.error();
    auto job = shaped(job_columns(), *head, exchange.zone());
    job["job_id"] = id;
    job["scheduled"] = job.at("schedule");
    return Answer{.body = std::move(job), .status = 201};
}

Result<Answer> change_job(Exchange& exchange, std::int64_t id) {
    auto input = job_input(exchange);
    if (!input) return input.error();
    if (exchange.given().contains("env")) return invalid("The variables of a job cannot be changed any more.");
    if (!exchange.given().contains("scheduled")) input->erase("scheduled");
    (*input)["id"] = id;
    const auto changed = exchange.record("job:update", *input);
    if (!changed && changed.error().code == ErrorCode::not_found) return Error{ErrorCode::not_found, "Job not found"};
    if (!changed) return changed.error();
    return launched(exchange, id);
}

Result<Answer> launch_job(Exchange& exchange) {
    const auto id = exchange.meant_record("jobId");
    if (!id) return id.error();
    if (*id) return change_job(exchange, **id);
    const auto run_template = exchange.number("runtemplate_id");
    if (!run_template)
        return invalid(exchange.given().contains("runtemplate_id") ? "runtemplate_id must be a whole number."
                                                                   : "Missing runtemplate_id");
    auto input = job_input(exchange);
    if (!input) return input.error();
    auto environment = environment_given(exchange);
    if (!environment) return environment.error();
    (*input)["runtemplate_id"] = *run_template;
    (*input)["schedule_type"] = made_here;
    (*input)["env"] = *std::move(environment);
    const auto made = exchange.record("job:create", *input);
    if (made) return launched(exchange, made->at("id").as_int64());
    const auto& error = made.error();
    if (error.code == ErrorCode::conflict && error.message.starts_with("RunTemplate is not active"))
        return Error{ErrorCode::conflict, "RunTemplate is not active"};
    return error;
}

constexpr Endpoint job_table[] = {
    {"GET", "jobs", Who::accounts, "Job", list_jobs_by_id},
    {"GET", "job/{id}", Who::accounts, "Job", show_job},
    {"POST", "job", Who::accounts, "RunTemplate", launch_job},
};

}  // namespace

std::span<const Endpoint> job_endpoints() { return job_table; }

}  // namespace mf::compatible
