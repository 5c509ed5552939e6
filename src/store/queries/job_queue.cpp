// SPDX-License-Identifier: MIT
#include "store/queries/job_queue.h"

#include "store/queries/content.h"
#include "store/queries/job_change.h"
#include "store/queries/job_turns.h"
#include "store/queries/lane.h"
#include "store/queries/statistics.h"
#include "store/queries/task.h"
#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf {
namespace {

// Whoever takes a pending job out of the queue, or changes it there, begins with its queue row, as claim_due() does: so
// nobody claims the job meanwhile, and no two sessions wait for each other.

/// Closes a job that waits in the queue; false if it does not.
bool cancel_pending(Session& session, Id<Job> id, std::string_view reason, Timestamp now) {
    session.sql.execute(R"(DELETE FROM "schedule" WHERE "job_id" = ?)", {id.value});
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'cancelled', "end" = ?, "reason" = ? WHERE "id" = ? AND "state" = 'pending')",
        {ms(now), std::string(reason), id.value});
    if (!changed) return false;
    note_changes(session, JobChangeKind::ended, {{id.value, now}});
    const auto of =
        session.sql.query(R"(SELECT "company_id", "runtemplate_id", "task_id" FROM "job" WHERE "id" = ?)", {id.value});
    count_ended(session, {std::get<std::int64_t>(of.at(0)[0])}, JobOutcome::withdrawn, hour_of(now));
    let_next_go(session, {std::get<std::int64_t>(of[0][1])});
    if (!is_null(of[0][2])) note_attempt_withdrawn(session, {std::get<std::int64_t>(of[0][2])}, reason);
    return true;
}

}  // namespace

Result<Job> enqueue(Session& session, const Scope& scope, const NewJob& request, Timestamp now) {
    const RunTemplate& origin = request.run_template;
    Job job{.app_id = origin.app_id,
            .company_id = origin.company_id,
            .runtemplate_id = origin.id,
            .slot = request.window ? std::optional(request.window->start) : std::nullopt,
            .schedule = request.schedule,
            .schedule_type = request.schedule_type,
            .executor = request.executor,
            .launched_by = request.launched_by,
            .attempt = request.attempt,
            .retry_of = request.retry_of ? std::optional(request.retry_of->value) : std::nullopt,
            .task_id = request.task,
            .created_at = now};
    if (request.window) {
        const auto task = open_task(session, scope, origin, *request.window, now);
        if (!task) return task.error();
        job.task_id = *task;
    }
    if (auto inserted = Repository<Job>(session, scope).insert(job); !inserted) return inserted.error();
    const auto lane = lane_of(session, origin.company_id, origin.app_id, origin.runs_on);
    if (auto queued = put_in_queue(session, scope, job, lane); !queued) return queued.error();
    if (request.sealed_override)
        session.sql.execute(R"(INSERT INTO "job_override" ("job_id", "sealed") VALUES (?, ?))",
                            {job.id.value, request.sealed_override(job.id)});
    count_created(session, origin.company_id, now);
    note_change(session, JobChangeKind::created, job, now);
    return job;
}

Result<Job> request_cancel(Session& session, const Scope& scope, Id<Job> id, std::string_view reason, Timestamp now) {
    Repository<Job> jobs(session, scope);
    auto job = jobs.find(id);
    if (!job) return job;
    if (has_ended(job->state))
        return Error{ErrorCode::conflict, fmt::format("Job {} has already ended ({}).", id.value, name_of(job->state))};
    if (!cancel_pending(session, id, reason, now) &&
        session.sql.execute(
            R"(UPDATE "job" SET "cancel_requested_at" = ?, "reason" = ? WHERE "id" = ? AND "state" IN ('claimed', 'running'))",
            {ms(now), std::string(reason), id.value}) > 0)
        note_changes(session, JobChangeKind::cancelling, {{id.value, now}});
    return jobs.find(id);
}

std::int64_t withdraw_queued(Session& session, Id<RunTemplate> run_template, Withdraw which, std::string_view reason,
                             Timestamp now) {
    std::string text =
        R"(SELECT j."id" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id" WHERE s."runtemplate_id" = ?)";
    if (which == Withdraw::planned)
        text += R"( AND (j."slot" IS NOT NULL OR (j."retry_of" IS NOT NULL AND j."task_id" IS NOT NULL)))";
    std::int64_t withdrawn = 0;
    for (const auto& row : session.sql.query(text, {run_template.value}))
        withdrawn += cancel_pending(session, {std::get<std::int64_t>(row[0])}, reason, now);
    return withdrawn;
}

void apply_overlap(Session& session, const RunTemplate& run_template) {
    const auto id = run_template.id.value;
    if (!runs_alone(run_template)) {
        session.sql.execute(R"(UPDATE "schedule" SET "waiting" = ? WHERE "runtemplate_id" = ?)", {false, id});
    } else if (!is_occupied(session, run_template.id)) {
        const auto oldest = session.sql.query(
            R"(SELECT MIN("id") FROM "job" WHERE "state" IN ('claimed', 'running') AND "runtemplate_id" = ?)", {id});
        if (!is_null(oldest[0][0]))
            take_turn(session,
                      R"(UPDATE "job" SET "exclusive" = ? WHERE "id" = ? AND "state" IN ('claimed', 'running'))",
                      {id, oldest[0][0]});
    }
}

Result<ErasedJob> erase_job(Session& session, const Scope& scope, Id<Job> id, Timestamp now) {
    Repository<Job> jobs(session, scope);
    auto job = jobs.find(id);
    if (job && job->state == JobState::pending) {
        session.sql.execute(R"(DELETE FROM "schedule" WHERE "job_id" = ?)", {id.value});
        job = jobs.find(id);  // it may have been claimed just before
    }
    if (!job) return job.error();
    if (job->state == JobState::claimed || job->state == JobState::running)
        return Error{ErrorCode::conflict,
                     fmt::format("Job {} has not ended yet (it is {}).", id.value, name_of(job->state))};
    const auto contents = content_of_job(session, id);
    if (auto erased = jobs.erase(id); !erased) return erased.error();
    note_change(session, JobChangeKind::removed, *job, now);
    remove_unused_content(session, contents);
    count_removed(session, *job, now);
    if (job->state == JobState::pending) let_next_go(session, job->runtemplate_id);
    bool with_task = false;
    // An expected run that somebody took away before it began was expected all the same.
    if (job->task_id && job->state == JobState::pending)
        note_attempt_withdrawn(session, *job->task_id,
                               fmt::format("Job {} was removed before it was started.", id.value));
    else if (job->task_id)
        with_task = forget_attempt(session, *job->task_id, id);
    return ErasedJob{*std::move(job), with_task};
}

Result<void> change_queued(Session& session, const Scope& scope, const Job& before, const Job& after) {
    if (before.state != JobState::pending)
        return Error{ErrorCode::conflict,
                     fmt::format("Job {} does not wait in the queue ({}).", before.id.value, name_of(before.state))};
    std::string queued = R"(SELECT "runtemplate_id" FROM "schedule" WHERE "job_id" = ?)";
    if (session.sql.dialect() != sql::Dialect::sqlite) queued += " FOR UPDATE";
    const auto rows = session.sql.query(queued, {before.id.value});
    if (rows.empty())
        return Error{ErrorCode::conflict, fmt::format("Job {} does not wait in the queue any more.", before.id.value)};
    // Only what differs from `before` is written: if somebody has moved it since that was read, job and queue row would
    // belong to different run templates, and it would wait for ever for the end of a job of the wrong one.
    const auto current =
        session.sql.query(R"(SELECT "runtemplate_id", "schedule" FROM "job" WHERE "id" = ?)", {before.id.value});
    if (current != sql::Rows{{before.runtemplate_id.value, ms(before.schedule)}})
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy,
                                 fmt::format("Somebody else has changed job {} at the same moment. Look at it, and "
                                             "change it again if that is still needed.",
                                             before.id.value));
    if (auto updated = Repository<Job>(session, scope).update(before, after); !updated) return updated;
    note_change(session, JobChangeKind::changed, after, sql::current_time(session.sql));
    // It queues anew: whether it has to wait for another job is decided when it comes due.
    session.sql.execute(
        R"(UPDATE "schedule" SET "after" = ?, "runtemplate_id" = ?, "waiting" = ?, "lane_id" = ? WHERE "job_id" = ?)",
        {ms(after.schedule), after.runtemplate_id.value, false, lane_of(session, after), after.id.value});
    let_next_go(session, {std::get<std::int64_t>(rows[0][0])});
    if (before.task_id && after.task_id != before.task_id)
        note_attempt_withdrawn(session, *before.task_id,
                               fmt::format("Job {} was given to another run template.", before.id.value));
    return {};
}

std::int64_t release_stranded(Session& session, const Scope& scope) {
    std::string text = R"(UPDATE "schedule" SET "waiting" = ? WHERE "waiting" = ? AND "runtemplate_id" NOT IN
           (SELECT "exclusive" FROM "job" WHERE "exclusive" IS NOT NULL))";
    std::vector<Value> parameters{false, true};
    text += " AND " + scope.condition(R"("company_id")");
    return session.sql.execute(text, parameters);
}

}  // namespace mf
