// SPDX-License-Identifier: MIT
#include "store/queries/job_record.h"

#include "base/text.h"
#include "store/queries/content.h"
#include "store/queries/job_turns.h"
#include "store/queries/statistics.h"
#include "store/queries/task.h"

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
    note_attempt_started(session, start.job);
    return true;
}

bool record_end(Session& session, const JobEnd& end, const Zone&) {
    const auto number = [](const std::optional<std::int64_t>& v) { return v ? Value{*v} : Value{}; };
    const auto rows = session.sql.query(
        R"(SELECT "runtemplate_id", "company_id", "exclusive", "reason", "begin", "task_id" FROM "job" WHERE "id" = ?)",
        {end.job.value});
    if (rows.empty()) return false;
    std::optional<std::string> reason;
    if (end.reason)
        reason = storable(*end.reason);
    else if (const auto* said = std::get_if<std::string>(&rows[0][3]); said && end.state == JobState::cancelled)
        reason = *said;
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = ?, "end" = ?, "exitcode" = ?, "reason" = ?, "app_version" = ?, "stdout_size" = ?,
           "stderr_size" = ?, "cpu_ms" = ?, "max_rss_kib" = ?, "pid" = NULL, "exclusive" = NULL
           WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" = ?)",
        {std::string(name_of(end.state)), ms(end.end), number(end.exitcode), reason ? Value{*reason} : Value{},
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
    if (!is_null(rows[0][5]))
        note_attempt_ended(session, {.job = end.job,
                                     .state = end.state,
                                     .end = end.end,
                                     .exitcode = end.exitcode,
                                     .reason = reason,
                                     .has_begun = !is_null(rows[0][4])});
    return true;
}

}  // namespace mf
