// SPDX-License-Identifier: MIT
// What the end of a job means for its task.
#include "store/queries/job_queue.h"
#include "store/queries/task.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// None, too, when somebody has spoilt its row: the end of a job has to be recorded all the same.
std::optional<RunTemplate> readable_run_template(Session& session, Id<RunTemplate> id) {
    try {
        if (auto found = Repository<RunTemplate>(session, Scope::everything()).find(id)) return *std::move(found);
    } catch (const sql::DatabaseError& error) {
        if (error.kind != sql::DatabaseError::Kind::other) throw;
    }
    return std::nullopt;
}

std::optional<bool> declared_retry(Session& session, const Job& job, const EndedAttempt& ended) {
    // The codes of time-outs and of lost jobs are ours, not the application's.
    if (ended.state != JobState::failed || !ended.exitcode) return std::nullopt;
    const auto declared =
        Repository<ApplicationExitCode>(session, Scope::everything())
            .first({.equals = {{"application_id", job.app_id.value}, {"exit_code", *ended.exitcode}}});
    return declared ? declared->retry : std::nullopt;
}

bool is_switched_off(Session& session, const Job& job) {
    const auto company = Repository<Company>(session, Scope::everything()).find(job.company_id);
    const auto application = Repository<Application>(session, Scope::everything()).find(job.app_id);
    return !company || !company->enabled || !application || !application->enabled;
}

/// False: the task has got an outcome meanwhile.
bool store(Session& session, const Task& task, const TaskChange& change, const EndedAttempt& ended,
           OutcomeTally& tally) {
    const bool success = change.state == TaskState::fulfilled || change.state == TaskState::fulfilled_late;
    const auto changed = session.sql.execute(
        R"(UPDATE "task" SET "state" = ?, "attempts" = ?, "cause" = ?, "fulfilled_by_job_id" = ?, "fulfilled_at" = ?
           WHERE "id" = ? AND "state" IN ('open', 'running'))",
        {std::string(name_of(change.state)), change.attempts, change.cause.empty() ? Value{} : Value{change.cause},
         success ? Value{ended.job.value} : Value{},
         success ? Value{std::int64_t{ended.end.time_since_epoch().count()}} : Value{}, task.id.value});
    if (changed && has_outcome(change.state)) tally.add_task(task.company_id, task.window_start, change.state);
    return changed > 0;
}

/// The first job of a task that is still there; at least the one that has just ended is.
Id<Job> first_job(Session& session, Id<Task> task) {
    return {std::get<std::int64_t>(
        session.sql.query(R"(SELECT MIN("id") FROM "job" WHERE "task_id" = ?)", {task.value}).at(0)[0])};
}

}  // namespace

void note_attempt_ended(Session& session, Id<Task> id, const EndedAttempt& told, OutcomeTally& tally) {
    const auto everything = Scope::everything();
    const auto task = Repository<Task>(session, everything).find(id);
    if (!task || has_outcome(task->state)) return;
    if (told.state == JobState::succeeded && told.end <= task->deadline) {
        // What was done in time needs no rule of the run template.
        store(session, *task, after_attempt(*task, nullptr, told), told, tally);
        return;
    }
    const auto job = Repository<Job>(session, everything).find(told.job);
    if (!job) return;
    EndedAttempt ended = told;
    ended.may_retry = declared_retry(session, *job, ended);
    ended.cancel_requested = job->cancel_requested_at.has_value();
    const auto origin = readable_run_template(session, job->runtemplate_id);
    auto change = after_attempt(*task, origin ? &*origin : nullptr, ended);
    if (change.launch && is_switched_off(session, *job))
        change = {
            .state = TaskState::failed,
            .attempts = change.attempts,
            .cause = fmt::format("Job {} failed. It is not tried again, because its company or its application is "
                                 "switched off.",
                                 job->id.value),
            .launch = {}};
    if (!store(session, *task, change, ended, tally) || !change.launch) return;
    const auto made = enqueue(session, everything,
                              {.run_template = *origin,
                               .schedule = *change.launch,
                               .schedule_type = job->schedule_type,
                               .executor = job->executor,
                               .launched_by = job->launched_by,
                               .attempt = job->attempt + 1,
                               .retry_of = first_job(session, task->id),
                               .task = task->id},
                              ended.end);
    if (!made) throw sql::DatabaseError(sql::DatabaseError::Kind::other, made.error().message);
}

}  // namespace mf
