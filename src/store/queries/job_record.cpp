// SPDX-License-Identifier: MIT
#include "store/queries/job_record.h"

#include "base/text.h"
#include "domain/retry.h"
#include "store/queries/content.h"
#include "store/queries/job_queue.h"
#include "store/queries/job_turns.h"
#include "store/queries/statistics.h"

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

bool record_start(Session& session, const JobStart& start) {
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'running', "begin" = ?, "pid" = ?, "handle" = ?, "command" = ?
           WHERE "id" = ? AND "state" = 'claimed' AND "fence" = ?)",
        {ms(start.begin), start.pid ? Value{*start.pid} : Value{}, start.handle, storable(start.command),
         start.job.value, start.fence});
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
           WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" = ?)",
        {std::string(name_of(end.state)), ms(end.end), number(end.exitcode),
         end.reason                         ? Value{storable(*end.reason)}
         : end.state == JobState::cancelled ? rows[0][3]
                                            : Value{},
         end.app_version, end.stdout_size, end.stderr_size, number(end.cpu_ms), number(end.max_rss_kib), end.job.value,
         end.fence});
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

}  // namespace mf
