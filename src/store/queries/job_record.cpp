// SPDX-License-Identifier: MIT
#include "store/queries/job_record.h"

#include "base/text.h"
#include "store/queries/content.h"
#include "store/queries/event_firing.h"
#include "store/queries/job_change.h"
#include "store/queries/job_turns.h"
#include "store/queries/outcome_tally.h"
#include "store/queries/task.h"
#include "store/rows_of.h"

#include <fmt/format.h>
#include <set>

namespace mf {
namespace {

/// Names of files and messages may hold any bytes; a text in the database is UTF-8 without a zero byte.
std::string storable(std::string_view text) {
    auto out = to_utf8(text);
    std::ranges::replace(out, '\0', ' ');
    return out;
}

/// A job as it is before its end.
struct OpenJob {
    std::int64_t run_template;
    Id<Company> company;
    bool is_exclusive;
    std::string reason;
    bool has_begun;
    std::optional<Id<Task>> task;
};

std::map<std::int64_t, OpenJob> read_open_jobs(Session& session, std::span<const JobEnd> ends) {
    std::vector<std::int64_t> ids;
    for (const JobEnd& end : ends) ids.push_back(end.job.value);
    std::map<std::int64_t, OpenJob> out;
    rows_of(session,
            R"(SELECT "id", "runtemplate_id", "company_id", "exclusive", "reason", "begin", "task_id" FROM "job"
               WHERE "id" IN ({}))",
            std::move(ids), [&](sql::Row& row) {
                const auto* reason = std::get_if<std::string>(&row[4]);
                const auto* task = std::get_if<std::int64_t>(&row[6]);
                out.insert_or_assign(std::get<std::int64_t>(row[0]),
                                     OpenJob{.run_template = std::get<std::int64_t>(row[1]),
                                             .company = {std::get<std::int64_t>(row[2])},
                                             .is_exclusive = !is_null(row[3]),
                                             .reason = reason ? *reason : std::string(),
                                             .has_begun = !is_null(row[5]),
                                             .task = task ? std::optional(Id<Task>{*task}) : std::nullopt});
            });
    return out;
}

/// Those of jobs beside others for which somebody waits all the same: because their overlap policy was changed.
std::set<std::int64_t> awaited_run_templates(Session& session, const std::map<std::int64_t, OpenJob>& jobs) {
    std::vector<std::int64_t> run_templates;
    for (const auto& [id, job] : jobs)
        if (!job.is_exclusive) run_templates.push_back(job.run_template);
    std::set<std::int64_t> out;
    rows_of(session,
            R"(SELECT DISTINCT "runtemplate_id" FROM "schedule" WHERE "runtemplate_id" IN ({}) AND "waiting" = TRUE)",
            std::move(run_templates), [&](sql::Row& row) { out.insert(std::get<std::int64_t>(row[0])); });
    return out;
}

/// Its row only. The reason that is kept is written back. False: see record_ends().
bool close_job(Session& session, JobEnd& end, const OpenJob& before) {
    const auto number = [](const std::optional<std::int64_t>& v) { return v ? Value{*v} : Value{}; };
    if (end.reason)
        end.reason = storable(*end.reason);
    else if (end.state == JobState::cancelled && !before.reason.empty())
        end.reason = before.reason;
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = ?, "end" = ?, "exitcode" = ?, "reason" = ?, "app_version" = ?, "stdout_size" = ?,
           "stderr_size" = ?, "cpu_ms" = ?, "max_rss_kib" = ?, "pid" = NULL, "exclusive" = NULL
           WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" = ?)",
        {std::string(name_of(end.state)), ms(end.end), number(end.exitcode), end.reason ? Value{*end.reason} : Value{},
         end.app_version, end.stdout_size, end.stderr_size, number(end.cpu_ms), number(end.max_rss_kib), end.job.value,
         end.fence});
    if (!changed) return false;
    if (!end.command.empty())
        session.sql.execute(R"(UPDATE "job" SET "command" = ? WHERE "id" = ?)", {storable(end.command), end.job.value});
    if (!end.environment.empty())
        session.sql.execute(R"(INSERT INTO "job_environment" ("job_id", "env") VALUES (?, ?))",
                            {end.job.value, end.environment});
    return true;
}

void note_ends(Session& session, std::span<const JobEnd* const> ended, const std::map<std::int64_t, OpenJob>& jobs) {
    std::vector<JobChange> changes;
    for (const JobEnd* end : ended) {
        const OpenJob& job = jobs.at(end->job.value);
        changes.push_back({.company = job.company,
                           .job = end->job,
                           .run_template = {job.run_template},
                           .kind = JobChangeKind::ended,
                           .state = end->state,
                           .exitcode = end->exitcode,
                           .at = end->end});
    }
    note_changes(session, changes);
}

void keep_artifacts(Session& session, std::span<const JobEnd* const> ended) {
    std::vector<Artifact> all;
    for (const JobEnd* end : ended)
        for (const Artifact& artifact : end->artifacts) {
            all.push_back(artifact);
            all.back().filename = storable(artifact.filename);
            all.back().note = storable(artifact.note);
        }
    if (auto kept = Repository<Artifact>(session, Scope::everything()).insert_all(all); !kept)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, kept.error().message);
    for (const JobEnd* end : ended)
        if (std::ranges::any_of(end->artifacts, [](const Artifact& a) { return a.kind == ArtifactKind::file; }))
            let_content_go(session, end->job);
}

void keep_environments(Session& session, std::span<const JobStart* const> starts) {
    constexpr std::size_t most = 64;  // so many lengths of text at most
    while (!starts.empty()) {
        std::string text = R"(INSERT INTO "job_environment" ("job_id", "env") VALUES )";
        std::vector<Value> parameters;
        for (const JobStart* start : starts.first(std::min(most, starts.size()))) {
            text += parameters.empty() ? "(?, ?)" : ", (?, ?)";
            parameters.emplace_back(start->job.value);
            parameters.emplace_back(start->environment);
        }
        session.sql.execute(text, parameters);
        starts = starts.subspan(std::min(most, starts.size()));
    }
}

}  // namespace

std::vector<bool> record_starts(Session& session, std::span<const JobStart> starts) {
    std::vector<bool> recorded;
    std::vector<std::int64_t> started;
    std::map<std::int64_t, Timestamp> begun;
    std::vector<const JobStart*> environments;
    for (const JobStart& start : starts) {
        recorded.push_back(
            session.sql.execute(
                R"(UPDATE "job" SET "state" = 'running', "begin" = ?, "pid" = ?, "handle" = ?, "command" = ?
                                  WHERE "id" = ? AND "state" = 'claimed' AND "fence" = ?)",
                {ms(start.begin), start.pid ? Value{*start.pid} : Value{}, start.handle, storable(start.command),
                 start.job.value, start.fence}) > 0);
        if (!recorded.back()) continue;
        started.push_back(start.job.value);
        begun.emplace(start.job.value, start.begin);
        environments.push_back(&start);
    }
    keep_environments(session, environments);
    note_changes(session, JobChangeKind::started, begun);
    note_attempts_started(session, std::move(started));
    return recorded;
}

bool record_start(Session& session, const JobStart& start) { return record_starts(session, {&start, 1})[0]; }

std::vector<bool> record_ends(Session& session, std::vector<JobEnd> ends) {
    const auto jobs = read_open_jobs(session, ends);
    std::vector<bool> recorded(ends.size());
    std::vector<const JobEnd*> ended;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const auto job = jobs.find(ends[i].job.value);
        recorded[i] = job != jobs.end() && close_job(session, ends[i], job->second);
        if (recorded[i]) ended.push_back(&ends[i]);
    }
    keep_artifacts(session, ended);
    note_ends(session, ended, jobs);
    const auto awaited = awaited_run_templates(session, jobs);
    OutcomeTally tally;
    std::vector<SucceededJob> succeeded;
    for (const JobEnd* end : ended) {
        const OpenJob& job = jobs.at(end->job.value);
        if (end->state == JobState::succeeded) succeeded.push_back({end->job, {job.run_template}, end->end});
        tally.add_job({job.run_template}, job.company, outcome_of(end->state, job.has_begun), end->end);
        if (job.is_exclusive)
            release_next_waiting(session, job.run_template);
        else if (awaited.contains(job.run_template))
            let_next_go(session, {job.run_template});
        if (job.task)
            note_attempt_ended(session, *job.task,
                               {.job = end->job,
                                .state = end->state,
                                .end = end->end,
                                .exitcode = end->exitcode,
                                .reason = end->reason,
                                .has_begun = job.has_begun},
                               tally);
    }
    note_firings(session, succeeded);
    tally.write(session);
    return recorded;
}

bool record_end(Session& session, const JobEnd& end) { return record_ends(session, {end})[0]; }

}  // namespace mf
