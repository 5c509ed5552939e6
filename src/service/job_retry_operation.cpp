// SPDX-License-Identifier: MIT
#include "secure/vault.h"
#include "service/audit.h"
#include "service/job_node.h"
#include "service/job_operations.h"
#include "service/launch.h"
#include "store/queries/launch_attempts.h"
#include "store/queries/task.h"

#include <fmt/format.h>

namespace mf {

struct RetryInput {
    std::int64_t id = 0;
    std::optional<bool> force;
};

template <>
const Entity& entity_of<RetryInput>() {
    using I = RetryInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the job", .required = true}),
        field<&I::force>("force", {.help = "Also when the job, or another attempt of its run, succeeded"}));
    static constexpr Entity entity{"job_retry", "Retry", fields};
    return entity;
}

namespace {

/// What the launch of a job gave on top of its run template.
Result<LaunchValues> values_of(Call& call, Id<Job> job) {
    const auto rows = call.sql().query(R"(SELECT "sealed" FROM "job_override" WHERE "job_id" = ?)", {job.value});
    if (rows.empty()) return LaunchValues{};
    // The seal holds for this job alone; launch() seals anew.
    return call.vault->open(std::get<std::string>(rows[0][0]), {"job_override", "sealed", job.value})
        .and_then([](const std::string& text) { return launch_values_from(text); });
}

bool is_fulfilled(const Task& task) {
    return task.state == TaskState::fulfilled || task.state == TaskState::fulfilled_late;
}

/// Why a job is not to be repeated without --force: its work is done.
std::optional<std::string> why_done(const Job& job, const std::optional<Task>& task, const LaunchAttempts& attempts) {
    if (job.state == JobState::succeeded)
        return fmt::format("Job {} succeeded. To run it once more all the same, say --force.", job.id.value);
    std::string by;
    if (task && is_fulfilled(*task))
        by = task->fulfilled_by_job_id ? fmt::format("job {}", *task->fulfilled_by_job_id) : "another job";
    else if (!task && attempts.succeeded_in)
        by = fmt::format("job {}", attempts.succeeded_in->value);
    else
        return std::nullopt;
    return fmt::format("What job {} was to do has been done by {}. To run it once more all the same, say --force.",
                       job.id.value, by);
}

Error is_under_way(Call& call, const Job& attempt) {
    const auto id = attempt.id.value;
    return {ErrorCode::conflict,
            fmt::format("The next attempt is job {}, which is {}. {}", id, name_of(attempt.state),
                        attempt.state == JobState::pending
                            ? fmt::format("Start it now with job update --id {0} --scheduled now, or cancel job {0} "
                                          "first (job cancel --id {0}).",
                                          id)
                            : how_to_end(call.session, attempt))};
}

/// One expected run has one attempt at a time.
Error has_attempt(Call& call, const Task& task) {
    for (const auto state : {JobState::pending, JobState::claimed, JobState::running})
        if (const auto other = call.repository<Job>().first(
                {.equals = {{"task_id", task.id.value}, {"state", std::string(name_of(state))}}}))
            return is_under_way(call, *other);
    return {ErrorCode::conflict,
            fmt::format("Task {} has no outcome yet; the server closes it when its window has ended. Try again then.",
                        task.id.value)};
}

Result<Job> retry(Call& call, const RetryInput& input) {
    const auto job = call.repository<Job>().find({input.id});
    if (!job) return Error{ErrorCode::not_found, "No job found with given identifier"};
    if (!has_ended(job->state))
        return Error{ErrorCode::conflict, fmt::format("Job {} has not ended yet (it is {}). {}", input.id,
                                                      name_of(job->state), how_to_end(call.session, *job))};
    std::optional<Task> task;
    if (job->task_id)
        if (auto found = call.repository<Task>().find(*job->task_id)) task = *std::move(found);
    const Id<Job> first{job->retry_of.value_or(job->id.value)};
    const auto attempts = attempts_of_launch(call.session, job->runtemplate_id, first);
    if (!input.force.value_or(false))
        if (const auto why = why_done(*job, task, attempts)) return Error{ErrorCode::conflict, *why};
    if (task && !has_outcome(task->state)) return has_attempt(call, *task);
    if (attempts.under_way)
        if (const auto other = call.repository<Job>().find(*attempts.under_way)) return is_under_way(call, *other);
    auto values = values_of(call, job->id);
    if (!values) return values.error();
    LaunchRequest request{.run_template = job->runtemplate_id, .executor = job->executor, .values = *std::move(values)};
    // A run that was fulfilled stays so; then this is a launch like any other.
    if (task && reopen_task(call.session, task->id)) {
        request.task = task->id;
        request.attempt = task->attempts + 1;
    } else {
        request.retry_of = first;
        request.attempt = std::max(job->attempt, attempts.last) + 1;
    }
    auto made = launch(call, request);
    if (made)
        audit(call, {.entity = "job",
                     .id = made->id.value,
                     .action = "retry",
                     .company = made->company_id,
                     .details = {{"of", input.id}, {"forced", input.force.value_or(false)}}});
    return made;
}

}  // namespace

void add_job_retry_operation(Operations& operations) {
    add(operations,
        {"job:retry", "POST /jobs/{id}/retry",
         "Launch a job that has ended once more, with the same values, as the next attempt of its task or launch.",
         Permission::run, Access::changes},
        retry);
}

}  // namespace mf
