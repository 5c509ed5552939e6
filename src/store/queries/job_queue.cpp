// SPDX-License-Identifier: MIT
#include "store/queries/job_queue.h"

#include "base/text.h"
#include "domain/retry.h"
#include "store/queries/content.h"
#include "store/queries/statistics.h"
#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::int64_t ms(Timestamp moment) { return moment.time_since_epoch().count(); }

/// Names of files and messages may hold any bytes; a text in the database is UTF-8 without a zero byte.
std::string storable(std::string_view text) {
    auto out = to_utf8(text);
    std::ranges::replace(out, '\0', ' ');
    return out;
}

bool runs_alone(const RunTemplate& run_template) { return run_template.overlap != Overlap::parallel; }

bool is_occupied(Session& session, Id<RunTemplate> run_template) {
    return !session.sql.query(R"(SELECT 1 FROM "job" WHERE "exclusive" = ?)", {run_template.value}).empty();
}

void release_next_waiting(Session& session, std::int64_t run_template) {
    const auto next = session.sql.query(
        R"(SELECT "id" FROM "schedule" WHERE "runtemplate_id" = ? AND "waiting" = ? ORDER BY "after", "id" LIMIT 1)",
        {run_template, true});
    if (!next.empty())
        session.sql.execute(R"(UPDATE "schedule" SET "waiting" = ? WHERE "id" = ?)", {false, next[0][0]});
}

/// Called after a job has left the queue or its run: whoever waits for it must not wait for ever.
void let_next_go(Session& session, Id<RunTemplate> run_template) {
    if (!is_occupied(session, run_template)) release_next_waiting(session, run_template.value);
}

/// Closes a job that waits in the queue; false if it does not.
bool cancel_pending(Session& session, Id<Job> id, std::string_view reason, Timestamp now) {
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'cancelled', "end" = ?, "reason" = ? WHERE "id" = ? AND "state" = 'pending')",
        {ms(now), std::string(reason), id.value});
    if (!changed) return false;
    session.sql.execute(R"(DELETE FROM "schedule" WHERE "job_id" = ?)", {id.value});
    const auto of = session.sql.query(R"(SELECT "company_id", "runtemplate_id" FROM "job" WHERE "id" = ?)", {id.value});
    count_ended(session, {std::get<std::int64_t>(of.at(0)[0])}, JobOutcome::withdrawn, now);
    let_next_go(session, {std::get<std::int64_t>(of[0][1])});
    return true;
}

/// The oldest due rows of the queue, with their jobs and run templates, locked against every other session. Rows that
/// another session is claiming at this moment are not waited for.
sql::Rows due_rows(Session& session, Timestamp now, std::int64_t most) {
    static const std::string whole = fmt::format(
        R"(SELECT s."id", o."sealed", {}, {} FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
           JOIN "runtemplate" r ON r."id" = j."runtemplate_id" LEFT JOIN "job_override" o ON o."job_id" = j."id" )",
        column_list(entity_of<Job>(), "j"), column_list(entity_of<RunTemplate>(), "r"));
    static const std::string due =
        whole + R"(WHERE s."waiting" = ? AND s."after" <= ? ORDER BY s."after", s."id" LIMIT ?)";
    // SQLite has one writer at a time.
    if (session.sql.dialect() == sql::Dialect::sqlite) return session.sql.query(due, {false, ms(now), most});
    // MariaDB would lock the rows of all joined tables (it has no FOR UPDATE OF).
    std::vector<std::int64_t> ids;
    for (const auto& row : session.sql.query(
             R"(SELECT "id" FROM "schedule" WHERE "waiting" = ? AND "after" <= ? ORDER BY "after", "id" LIMIT ?
                FOR UPDATE SKIP LOCKED)",
             {false, ms(now), most}))
        ids.push_back(std::get<std::int64_t>(row[0]));
    std::unordered_map<std::int64_t, sql::Row> found;
    rows_of(session, whole + R"(WHERE s."id" IN ({}))", ids,
            [&](sql::Row& row) { found.emplace(std::get<std::int64_t>(row[0]), std::move(row)); });
    sql::Rows out;
    for (const auto id : ids)
        if (auto row = found.extract(id)) out.push_back(std::move(row.mapped()));
    return out;
}

/// Ends a job whose row, or that of its run template, somebody has spoilt: it must not keep the others waiting.
void block_unreadable(Session& session, const Value& queue_entry, std::string_view node, std::string_view why,
                      Timestamp now) {
    const auto rows =
        session.sql.query(R"(SELECT "job_id", "runtemplate_id" FROM "schedule" WHERE "id" = ?)", {queue_entry});
    if (rows.empty()) return;
    const auto reason = std::string(why) + " Save the run template anew.";
    session.sql.execute(R"(DELETE FROM "schedule" WHERE "id" = ?)", {queue_entry});
    session.sql.execute(
        R"(UPDATE "job" SET "state" = 'claimed', "claimed_by" = ? WHERE "id" = ? AND "state" = 'pending')",
        {std::string(node), rows[0][0]});
    record_end(session,
               {.job = {std::get<std::int64_t>(rows[0][0])},
                .state = JobState::blocked,
                .end = now,
                .exitcode = exit_code_of_blocked,
                .reason = reason},
               Zone::utc());
    session.sql.execute(R"(UPDATE "runtemplate" SET "fault" = ? WHERE "id" = ?)", {reason.substr(0, 1024), rows[0][1]});
}

/// Claims the job of a row of due_rows(), or sets it aside.
void take_row(Session& session, const sql::Row& row, std::string_view node, Timestamp now,
              std::vector<ClaimedJob>& claimed) {
    ClaimedJob found;
    const auto cells = std::span(row).subspan(2);
    const auto job_cells = entity_of<Job>().fields.size();
    try {
        fill(entity_of<Job>(), cells.first(job_cells), &found.job);
        fill(entity_of<RunTemplate>(), cells.subspan(job_cells), &found.run_template);
    } catch (const sql::DatabaseError& error) {
        return block_unreadable(session, row[0], node, error.what(), now);
    }
    if (auto* sealed = std::get_if<std::string>(&row[1])) found.sealed_override = *sealed;

    const bool alone = runs_alone(found.run_template);
    if (alone && is_occupied(session, found.run_template.id)) {
        session.sql.execute(R"(UPDATE "schedule" SET "waiting" = ? WHERE "id" = ?)", {true, row[0]});
        return;
    }
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'claimed', "claimed_by" = ?, "exclusive" = ? WHERE "id" = ? AND "state" = 'pending')",
        {std::string(node), alone ? Value{found.run_template.id.value} : Value{}, found.job.id.value});
    session.sql.execute(R"(DELETE FROM "schedule" WHERE "id" = ?)", {row[0]});
    if (!changed) return;
    found.job.state = JobState::claimed;
    found.job.claimed_by = std::string(node);
    claimed.push_back(std::move(found));
}

/// None, too, when somebody has spoilt its row: the end of a job has to be recorded all the same.
std::optional<RunTemplate> readable_run_template(Session& session, Id<RunTemplate> id) {
    try {
        if (auto found = Repository<RunTemplate>(session, Scope::everything()).find(id)) return *std::move(found);
    } catch (const sql::DatabaseError& error) {
        if (error.kind != sql::DatabaseError::Kind::other) throw;
    }
    return std::nullopt;
}

/// The next attempt of a planned run that has just failed, if there is to be one.
void enqueue_next_attempt(Session& session, const JobEnd& end, const Zone& server_zone) {
    const auto everything = Scope::everything();
    const auto job = Repository<Job>(session, everything).find(end.job);
    if (!job || (!job->slot && !job->retry_of)) return;
    // Somebody wanted it to end; then it is not to begin again.
    if (job->cancel_requested_at) return;
    const auto first = job->retry_of ? Repository<Job>(session, everything).find({*job->retry_of}) : job;
    if (!first || !first->slot) return;
    const auto origin = readable_run_template(session, job->runtemplate_id);
    if (!origin) return;
    EndedAttempt ended{.state = end.state, .number = job->attempt, .slot = *first->slot, .end = end.end};
    // The codes of time-outs and of lost jobs are ours, not the application's.
    if (end.state == JobState::failed && end.exitcode) {
        const auto declared =
            Repository<ApplicationExitCode>(session, everything)
                .first({.equals = {{"application_id", job->app_id.value}, {"exit_code", *end.exitcode}}});
        if (declared) ended.may_retry = declared->retry;
    }
    const auto start = next_attempt(*origin, ended, server_zone);
    if (!start) return;
    const auto company = Repository<Company>(session, everything).find(job->company_id);
    const auto application = Repository<Application>(session, everything).find(job->app_id);
    if (!company || !company->enabled || !application || !application->enabled) return;
    const auto made = enqueue(session, everything,
                              {.run_template = *origin,
                               .schedule = *start,
                               .schedule_type = job->schedule_type,
                               .executor = job->executor,
                               .launched_by = job->launched_by,
                               .attempt = job->attempt + 1,
                               .retry_of = first->id},
                              end.end);
    if (!made) throw sql::DatabaseError(sql::DatabaseError::Kind::other, made.error().message);
}

}  // namespace

Result<Job> enqueue(Session& session, Scope scope, const NewJob& request, Timestamp now) {
    const RunTemplate& origin = request.run_template;
    Job job{.app_id = origin.app_id,
            .company_id = origin.company_id,
            .runtemplate_id = origin.id,
            .slot = request.slot,
            .schedule = request.schedule,
            .schedule_type = request.schedule_type,
            .executor = request.executor,
            .launched_by = request.launched_by,
            .attempt = request.attempt,
            .retry_of = request.retry_of ? std::optional(request.retry_of->value) : std::nullopt,
            .created_at = now};
    if (auto inserted = Repository<Job>(session, scope).insert(job); !inserted) return inserted.error();
    QueueEntry entry{
        .job_id = job.id, .runtemplate_id = origin.id, .company_id = origin.company_id, .after = request.schedule};
    if (auto queued = Repository<QueueEntry>(session, scope).insert(entry); !queued) return queued.error();
    if (request.sealed_override)
        session.sql.execute(R"(INSERT INTO "job_override" ("job_id", "sealed") VALUES (?, ?))",
                            {job.id.value, request.sealed_override(job.id)});
    count_created(session, origin.company_id, now);
    return job;
}

std::vector<ClaimedJob> claim_due(Session& session, std::string_view node, Timestamp now, int most) {
    std::vector<ClaimedJob> claimed;
    // Jobs that are set aside make room for those behind them.
    for (bool more = true; more && std::ssize(claimed) < most;) {
        const auto wanted = most - std::ssize(claimed);
        const auto rows = due_rows(session, now, wanted);
        more = std::ssize(rows) == wanted;
        for (const sql::Row& row : rows) take_row(session, row, node, now, claimed);
    }
    return claimed;
}

void give_back(Session& session, const Job& job) {
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'pending', "claimed_by" = NULL, "exclusive" = NULL WHERE "id" = ? AND "state" = 'claimed')",
        {job.id.value});
    if (!changed) return;
    QueueEntry entry{
        .job_id = job.id, .runtemplate_id = job.runtemplate_id, .company_id = job.company_id, .after = job.schedule};
    if (auto queued = Repository<QueueEntry>(session, Scope::everything()).insert(entry); !queued)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, queued.error().message);
}

std::optional<Timestamp> next_due(Session& session) {
    const auto rows = session.sql.query(R"(SELECT MIN("after") FROM "schedule" WHERE "waiting" = ?)", {false});
    if (is_null(rows[0][0])) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(rows[0][0])}};
}

bool record_start(Session& session, const JobStart& start) {
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'running', "begin" = ?, "pid" = ?, "handle" = ?, "command" = ? WHERE "id" = ? AND "state" = 'claimed')",
        {ms(start.begin), start.pid ? Value{*start.pid} : Value{}, start.handle, storable(start.command),
         start.job.value});
    if (!changed) return false;
    session.sql.execute(R"(INSERT INTO "job_environment" ("job_id", "env") VALUES (?, ?))",
                        {start.job.value, start.environment});
    return true;
}

bool record_end(Session& session, const JobEnd& end, const Zone& server_zone) {
    const auto number = [](const std::optional<std::int64_t>& v) { return v ? Value{*v} : Value{}; };
    const auto rows = session.sql.query(
        R"(SELECT "runtemplate_id", "company_id", "exclusive", "reason", "begin" FROM "job" WHERE "id" = ?)",
        {end.job.value});
    if (rows.empty()) return false;
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = ?, "end" = ?, "exitcode" = ?, "reason" = ?, "app_version" = ?, "stdout_size" = ?,
           "stderr_size" = ?, "cpu_ms" = ?, "max_rss_kib" = ?, "pid" = NULL, "exclusive" = NULL
           WHERE "id" = ? AND "state" IN ('claimed', 'running'))",
        {std::string(name_of(end.state)), ms(end.end), number(end.exitcode),
         end.reason                         ? Value{storable(*end.reason)}
         : end.state == JobState::cancelled ? rows[0][3]
                                            : Value{},
         end.app_version, end.stdout_size, end.stderr_size, number(end.cpu_ms), number(end.max_rss_kib),
         end.job.value});
    if (!changed) return false;
    if (!end.command.empty())
        session.sql.execute(R"(UPDATE "job" SET "command" = ? WHERE "id" = ?)", {storable(end.command), end.job.value});
    if (!end.environment.empty())
        session.sql.execute(R"(INSERT INTO "job_environment" ("job_id", "env") VALUES (?, ?))",
                            {end.job.value, end.environment});
    auto artifacts = end.artifacts;
    for (Artifact& artifact : artifacts) {
        artifact.filename = storable(artifact.filename);
        artifact.note = storable(artifact.note);
    }
    if (auto kept = Repository<Artifact>(session, Scope::everything()).insert_all(artifacts); !kept)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, kept.error().message);
    if (std::ranges::any_of(artifacts, [](const Artifact& a) { return a.kind == ArtifactKind::file; }))
        let_content_go(session, end.job);

    const auto run_template = std::get<std::int64_t>(rows[0][0]);
    const auto outcome = outcome_of(end.state, !is_null(rows[0][4]));
    if (outcome == JobOutcome::succeeded)
        session.sql.execute(
            R"(UPDATE "runtemplate" SET "successfull_jobs_count" = "successfull_jobs_count" + 1 WHERE "id" = ?)",
            {run_template});
    else if (outcome == JobOutcome::failed)
        session.sql.execute(R"(UPDATE "runtemplate" SET "failed_jobs_count" = "failed_jobs_count" + 1 WHERE "id" = ?)",
                            {run_template});
    count_ended(session, {std::get<std::int64_t>(rows[0][1])}, outcome, end.end);
    if (!is_null(rows[0][2]))
        release_next_waiting(session, run_template);
    else
        let_next_go(session, {run_template});
    if (outcome == JobOutcome::failed) enqueue_next_attempt(session, end, server_zone);
    return true;
}

Result<Job> request_cancel(Session& session, Scope scope, Id<Job> id, std::string_view reason, Timestamp now) {
    Repository<Job> jobs(session, scope);
    auto job = jobs.find(id);
    if (!job) return job;
    if (has_ended(job->state))
        return Error{ErrorCode::conflict, fmt::format("Job {} has already ended ({}).", id.value, name_of(job->state))};
    if (!cancel_pending(session, id, reason, now))
        session.sql.execute(
            R"(UPDATE "job" SET "cancel_requested_at" = ?, "reason" = ? WHERE "id" = ? AND "state" IN ('claimed', 'running'))",
            {ms(now), std::string(reason), id.value});
    return jobs.find(id);
}

std::vector<Id<Job>> cancel_requests(Session& session, std::string_view node) {
    std::vector<Id<Job>> out;
    for (const auto state : {"claimed", "running"})
        for (
            const auto& row : session.sql.query(
                R"(SELECT "id" FROM "job" WHERE "state" = ? AND "claimed_by" = ? AND "cancel_requested_at" IS NOT NULL)",
                {std::string(state), std::string(node)}))
            out.push_back({std::get<std::int64_t>(row[0])});
    return out;
}

std::int64_t withdraw_queued(Session& session, Id<RunTemplate> run_template, Withdraw which, std::string_view reason,
                             Timestamp now) {
    std::string text =
        R"(SELECT j."id" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id" WHERE s."runtemplate_id" = ?)";
    if (which == Withdraw::planned) text += R"( AND (j."slot" IS NOT NULL OR j."retry_of" IS NOT NULL))";
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
            session.sql.execute(R"(UPDATE "job" SET "exclusive" = ? WHERE "id" = ?)", {id, oldest[0][0]});
    }
}

Result<Job> erase_job(Session& session, Scope scope, Id<Job> id, Timestamp now) {
    Repository<Job> jobs(session, scope);
    auto job = jobs.find(id);
    if (!job) return job;
    if (job->state == JobState::claimed || job->state == JobState::running)
        return Error{ErrorCode::conflict,
                     fmt::format("Job {0} is running; cancel it first (job cancel --id {0}).", id.value)};
    const auto contents = content_of_job(session, id);
    if (auto erased = jobs.erase(id); !erased) return erased.error();
    remove_unused_content(session, contents);
    count_removed(session, *job, now);
    if (job->state == JobState::pending) let_next_go(session, job->runtemplate_id);
    return job;
}

Result<void> change_queued(Session& session, Scope scope, const Job& before, const Job& after) {
    if (before.state != JobState::pending)
        return Error{ErrorCode::conflict,
                     fmt::format("Job {} does not wait in the queue ({}).", before.id.value, name_of(before.state))};
    if (auto updated = Repository<Job>(session, scope).update(before, after); !updated) return updated;
    // It queues anew: whether it has to wait for another job is decided when it comes due.
    session.sql.execute(R"(UPDATE "schedule" SET "after" = ?, "runtemplate_id" = ?, "waiting" = ? WHERE "job_id" = ?)",
                        {ms(after.schedule), after.runtemplate_id.value, false, after.id.value});
    let_next_go(session, before.runtemplate_id);
    return {};
}

std::vector<Job> unfinished_jobs(Session& session, std::string_view node) {
    std::vector<Job> out;
    for (const auto state : {"claimed", "running"})
        for (const auto& row :
             session.sql.query(fmt::format(R"(SELECT {} FROM "job" WHERE "state" = ? AND "claimed_by" = ?)",
                                           column_list(entity_of<Job>())),
                               {std::string(state), std::string(node)}))
            fill(entity_of<Job>(), row, &out.emplace_back());
    return out;
}

std::int64_t release_stranded(Session& session, Scope scope) {
    std::string text = R"(UPDATE "schedule" SET "waiting" = ? WHERE "waiting" = ? AND "runtemplate_id" NOT IN
           (SELECT "exclusive" FROM "job" WHERE "exclusive" IS NOT NULL))";
    std::vector<Value> parameters{false, true};
    if (scope.company()) {
        text += R"( AND "company_id" = ?)";
        parameters.emplace_back(*scope.company());
    }
    return session.sql.execute(text, parameters);
}

}  // namespace mf
