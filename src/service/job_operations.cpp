// SPDX-License-Identifier: MIT
#include "service/job_operations.h"

#include "base/text.h"
#include "base/time_text.h"
#include "service/audit.h"
#include "service/job_detail.h"
#include "service/job_environment.h"
#include "service/job_node.h"
#include "service/launch.h"
#include "service/list_filter.h"
#include "service/list_rows.h"
#include "store/queries/job_queue.h"
#include "store/queries/statistics.h"

#include <fmt/format.h>

namespace mf {

struct JobFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, runtemplate_id, app_id, task_id;
    std::optional<ListOrder> order;
    std::optional<std::string> status;
    std::optional<bool> env, output;
};

struct JobInput {
    std::optional<std::int64_t> id, runtemplate_id, app_id;
    std::optional<std::string> scheduled, schedule_type;
    std::optional<ExecutorKind> executor;
    std::optional<TextMap> config, env;
};

struct CancelInput {
    std::int64_t id = 0;
    std::optional<std::string> reason;
};

template <>
const Entity& entity_of<JobFilter>() {
    using F = JobFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::company_id>("company_id", {.help = "Only of this company"}),
        field<&F::runtemplate_id>("runtemplate_id", {.help = "Only of this run template"}),
        field<&F::app_id>("app_id", {.help = "Only of this application"}),
        field<&F::task_id>("task_id", {.help = "Only the attempts of this expected run"}), order_field<&F::order>(),
        field<&F::status>("status", {.help = "failed, success, running, pending, or the name of a state"}),
        field<&F::env>("env", {.help = "With the environment of each job"}),
        field<&F::output>("output", {.help = "With the output of each job"}));
    static constexpr Entity entity{"job_filter", "Jobs", fields};
    return entity;
}

template <>
const Entity& entity_of<JobInput>() {
    using I = JobInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the job"}),
                     field<&I::runtemplate_id>("runtemplate_id", {.help = "Number of the run template"}),
                     field<&I::app_id>("app_id", {.help = "Number of the application"}),
                     field<&I::scheduled>("scheduled", {.help = "now, a time, or a phrase such as '+5 minutes'"}),
                     field<&I::schedule_type>("schedule_type", {.help = "Why the job is made", .max_length = 16}),
                     field<&I::executor>("executor", {.help = "Where the job runs"}),
                     field<&I::config>("config", {.help = "Value for this run only, KEY=VALUE", .max_length = 4194304}),
                     field<&I::env>("env", {.help = "Variable for this run only, KEY=VALUE", .max_length = 4194304}));
    static constexpr Entity entity{"job_input", "Job", fields};
    return entity;
}

template <>
const Entity& entity_of<CancelInput>() {
    static constexpr auto fields =
        fields_of<CancelInput>(field<&CancelInput::id>("id", {.help = "Number of the job", .required = true}),
                               field<&CancelInput::reason>("reason", {.help = "Why", .max_length = 1000}));
    static constexpr Entity entity{"job_cancel", "Cancel", fields};
    return entity;
}

namespace {

/// Jobs of one state, or of those only the ones that had begun.
struct JobsOfState {
    JobState state;
    bool begun_only = false;
};

/// The jobs a person means by a word; "failed" are those that count as such (outcome_of).
Result<std::vector<JobsOfState>> jobs_named(std::string_view word) {
    using Jobs = std::vector<JobsOfState>;
    if (word == "success" || word == "successful") return Jobs{{JobState::succeeded}};
    if (word == "failed") {
        Jobs failed;
        for (const auto state :
             {JobState::failed, JobState::timed_out, JobState::cancelled, JobState::blocked, JobState::lost})
            failed.push_back({state, outcome_of(state, false) != JobOutcome::failed});
        return failed;
    }
    if (word == "running") return Jobs{{JobState::running}, {JobState::claimed}};
    if (const auto state = enum_named<JobState>(word)) return Jobs{{*state}};
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' is not a job status; use failed, success, running, pending, or one of: {}.", word,
                             fmt::join(names_of(JobState{}), ", "))};
}

/// Jobs in one of several states, by key: a page of each state, merged.
Result<std::vector<Job>> list_in_states(Call& call, const ListQuery& query, const std::vector<JobsOfState>& wanted) {
    std::vector<Job> out;
    for (const auto& [state, begun_only] : wanted) {
        auto of_state = query;
        of_state.equals.emplace_back("state", std::string(name_of(state)));
        if (begun_only) of_state.present.push_back("begin");
        if (query.limit) of_state.limit = *query.limit + query.offset;
        of_state.offset = 0;
        for (auto& job : call.repository<Job>().list(of_state)) out.push_back(std::move(job));
    }
    std::ranges::sort(out, [&](const Job& a, const Job& b) { return query.newest_first ? a.id > b.id : a.id < b.id; });
    out.erase(out.begin(), out.begin() + std::min<std::ptrdiff_t>(query.offset, std::ssize(out)));
    if (query.limit && std::ssize(out) > *query.limit) out.erase(out.begin() + *query.limit, out.end());
    return out;
}

ListQuery query_of_jobs(const JobFilter& filter) {
    auto query = query_of(filter);
    if (filter.company_id) query.equals.emplace_back("company_id", *filter.company_id);
    if (filter.runtemplate_id) query.equals.emplace_back("runtemplate_id", *filter.runtemplate_id);
    if (filter.app_id) query.equals.emplace_back("app_id", *filter.app_id);
    if (filter.task_id) query.equals.emplace_back("task_id", *filter.task_id);
    return query;
}

Result<json::value> list_jobs(Call& call, const JobFilter& filter) {
    auto query = query_of_jobs(filter);
    std::vector<Job> jobs;
    if (filter.status) {
        const auto states = jobs_named(*filter.status);
        if (!states) return states.error();
        auto found = list_in_states(call, query, *states);
        if (!found) return found.error();
        jobs = *std::move(found);
    } else {
        skip_by_key(call.session, call.scope, query);
        jobs = call.repository<Job>().list(query);
    }
    std::map<std::int64_t, json::object> environments;
    if (filter.env.value_or(false)) environments = job_environments(call, jobs);
    json::array out(call.memory);
    out.reserve(jobs.size());
    for (const Job& job : jobs) {
        auto record = to_json(job, call.memory);
        if (filter.env.value_or(false)) record["env"] = std::move(environments[job.id.value]);
        if (filter.output.value_or(false)) add_output(call, job, record);
        out.push_back(std::move(record));
    }
    return json::value(std::move(out));
}

Result<json::value> create_job(Call& call, const JobInput& input) {
    const LaunchValues values{input.config.value_or(TextMap{}), input.env.value_or(TextMap{})};
    const auto job = launch(call, {.run_template = {*input.runtemplate_id},
                                   .when = input.scheduled,
                                   .executor = input.executor,
                                   .schedule_type = input.schedule_type,
                                   .values = values});
    if (!job) return job.error();
    return json::value(launched_record(call, *job, values));
}

/// Only what waits in the queue can be changed; what runs or has ended is history.
Result<Job> update_job(Call& call, const JobInput& input) {
    if (!input.id) return missing_input({"id"});
    auto jobs = call.repository<Job>();
    const auto before = jobs.find({*input.id});
    if (!before) return Error{ErrorCode::not_found, "No job found with given identifier"};
    if (before->state != JobState::pending)
        return Error{ErrorCode::conflict, fmt::format("Job {} is {}; only a pending job can be changed.", *input.id,
                                                      name_of(before->state))};
    Job after = *before;
    if (input.scheduled) {
        const auto zone = Zone::named(call.zone);
        const auto when = parse_time(*input.scheduled, call.now, zone ? *zone : Zone::utc());
        if (!when) return when.error();
        after.schedule = *when;
    }
    if (input.executor) after.executor = *input.executor;
    if (input.schedule_type) after.schedule_type = *input.schedule_type;
    if (input.runtemplate_id) {
        const auto origin = call.repository<RunTemplate>().find({*input.runtemplate_id});
        if (!origin || !origin->live) return Error{ErrorCode::not_found, "RunTemplate not found"};
        if (origin->company_id != before->company_id)
            return Error{ErrorCode::conflict, "A job stays with its company."};
        after.runtemplate_id = origin->id;
        after.app_id = origin->app_id;
        if (after.runtemplate_id != before->runtemplate_id) {
            after.slot.reset();
            after.retry_of.reset();
            after.task_id.reset();
        }
    }
    if (input.app_id && *input.app_id != after.app_id.value)
        return Error{ErrorCode::conflict,
                     "The application of a job is the one of its run template; change --runtemplate_id."};
    if (auto changed = change_queued(call.session, call.scope, *before, after); !changed) return changed.error();
    call.wake_server = true;
    audit(call, {.entity = "job",
                 .id = after.id.value,
                 .action = "update",
                 .company = after.company_id,
                 .details = changed_fields(entity_of<Job>(), &*before, &after)});
    return after;
}

/// Somebody explicitly removes a job with everything it left; the program never does so on its own.
Result<json::value> remove_job(Call& call, const Reference& input) {
    const auto erased = erase_job(call.session, call.scope, {input.id}, call.now);
    if (!erased) {
        const auto job = call.repository<Job>().find({input.id});
        if (!job) return Error{ErrorCode::not_found, "No job found with given identifier"};
        Error error = erased.error();
        if (error.code == ErrorCode::conflict) add_sentence(error.message, how_to_end(call.session, *job));
        return error;
    }
    const Job& job = erased->job;
    audit(call, {.entity = "job",
                 .id = input.id,
                 .action = "delete",
                 .company = job.company_id,
                 .details = {{"runtemplate_id", job.runtemplate_id.value}, {"state", name_of(job.state)}}});
    return json::value{{"deleted", true}, {"id", input.id}};
}

/// The job, and where it has not ended with that: its node, the state of that, and why nobody there has heard it.
Result<json::value> cancel(Call& call, const CancelInput& input) {
    const auto reason = input.reason.value_or(fmt::format("Cancelled by {}.", call.actor.login));
    auto job = request_cancel(call.session, call.scope, {input.id}, reason, call.now);
    if (!job)
        return job.error().code == ErrorCode::not_found
                   ? Error{ErrorCode::not_found, "No job found with given identifier"}
                   : job.error();
    call.wake_server = true;
    audit(call, {.entity = "job",
                 .id = input.id,
                 .action = "cancel",
                 .company = job->company_id,
                 .details = {{"reason", reason}}});
    auto record = to_json(*job);
    if (const auto node = node_of(call.session, *job)) {
        record["node"] = node->name;
        record["node_state"] = node->state ? json::value(name_of(*node->state)) : json::value(nullptr);
        if (!node->absence.empty()) record["hint"] = fmt::format("its node {} {}", node->name, node->absence);
    }
    return json::value(std::move(record));
}

Result<json::value> job_status(Call& call, const NoInput&) {
    const auto jobs = job_statistics(call.session, call.scope, call.now);
    const auto queue = queue_statistics(call.session, call.scope, call.now, {});
    const auto applications = call.repository<Application>().count({.equals = {only_live()}});
    const auto repeated =
        call.sql().query(R"(SELECT COUNT(*) FROM "runtemplate" WHERE "next_launch" IS NOT NULL AND {scope})");
    return json::value{{"successful_jobs", jobs.succeeded},  {"failed_jobs", jobs.failed},
                       {"withdrawn_jobs", jobs.withdrawn},   {"incomplete_jobs", jobs.unfinished()},
                       {"total_applications", applications}, {"repeated_jobs", std::get<std::int64_t>(repeated[0][0])},
                       {"total_jobs", jobs.total},           {"queue_length", queue.total}};
}

}  // namespace

Result<std::optional<sql::Rows>> read_job_rows(Call& call, const json::object& input) {
    JobFilter filter;
    if (auto read = from_json(entity_of<JobFilter>(), input, &filter); !read) return read.error();
    if (filter.status || filter.env.value_or(false) || filter.output.value_or(false)) return std::optional<sql::Rows>();
    auto query = query_of_jobs(filter);
    skip_by_key(call.session, call.scope, query);
    return std::optional(call.repository<Job>().rows(query));
}

void add_job_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"job:list", "GET /jobs", "List jobs.", view}, list_jobs);
    add(operations, {"job:get", "GET /jobs/{id}", "Show one job with its environment and output.", view}, get_job);
    add(operations,
        {"job:create",
         "POST /jobs",
         "Make a job of a run template and queue it.",
         run,
         changes,
         Discloses::nothing,
         {"runtemplate_id", "scheduled"}},
        create_job);
    add(operations, {"job:update", "PATCH /jobs/{id}", "Change a job that waits in the queue.", run, changes},
        update_job);
    add(operations, {"job:delete", "DELETE /jobs/{id}", "Remove a job with its output and artifacts.", manage, changes},
        remove_job);
    add(operations,
        {"job:cancel", "POST /jobs/{id}/cancel", "Cancel a waiting job, or end a running one.", run, changes}, cancel);
    add(operations, {"job:status", "GET /jobs/status", "Count jobs.", view}, job_status);
}

}  // namespace mf
