// SPDX-License-Identifier: MIT
#include "store/queries/event_firing.h"

#include "base/text_within.h"
#include "store/rows_of.h"

#include <map>

namespace mf {

void note_firings(Session& session, std::span<const SucceededJob> jobs) {
    if (jobs.empty()) return;
    struct Rule {
        std::int64_t id, priority;
    };
    std::multimap<std::int64_t, Rule> rules;
    std::vector<std::int64_t> run_templates;
    for (const auto& job : jobs) run_templates.push_back(job.run_template.value);
    rows_of(session,
            R"(SELECT "runtemplate_source_id", "id", "priority" FROM "event_rule"
               WHERE "runtemplate_source_id" IN ({}) AND "enabled" = TRUE)",
            std::move(run_templates), [&](sql::Row& row) {
                rules.emplace(integer_of(row[0]), Rule{integer_of(row[1]), integer_of(row[2])});
            });
    if (rules.empty()) return;
    for (const auto& job : jobs) {
        const auto [first, last] = rules.equal_range(job.run_template.value);
        if (first == last) continue;
        // An attempt goes on with the chain of the launch that it repeats.
        const auto before = session.sql.query(
            R"(SELECT "depth", "root_job_id", "job_id" FROM "event_firing"
               WHERE "launched_job_id" = (SELECT COALESCE("retry_of", "id") FROM "job" WHERE "id" = ?)
               ORDER BY "depth" DESC LIMIT 1)",
            {job.job.value});
        const auto depth = before.empty() ? 1 : integer_of(before[0][0]) + 1;
        const auto root = before.empty() ? Value{job.job.value} : is_null(before[0][1]) ? before[0][2] : before[0][1];
        for (auto rule = first; rule != last; ++rule)
            session.sql.execute(
                R"(INSERT INTO "event_firing" ("event_rule_id", "job_id", "priority", "state", "depth", "root_job_id",
                                               "created_at")
                   VALUES (?, ?, ?, 'open', ?, ?, ?))",
                {rule->second.id, job.job.value, rule->second.priority, depth, root, ms(job.end)});
    }
}

std::vector<EventFiring> open_firings(Session& session, std::size_t most) {
    std::vector<EventFiring> out;
    for (
        const auto& row : session.sql.query(
            R"(SELECT "id", "event_rule_id", "job_id", "depth", COALESCE("root_job_id", "job_id") FROM "event_firing" WHERE "state" = 'open'
                ORDER BY "created_at", "job_id", "priority" DESC, "event_rule_id" LIMIT ?)",
            {static_cast<std::int64_t>(most)}))
        out.push_back(
            {integer_of(row[0]), {integer_of(row[1])}, {integer_of(row[2])}, integer_of(row[3]), {integer_of(row[4])}});
    return out;
}

bool take_firing(Session& session, std::int64_t id) {
    return session.sql.execute(R"(UPDATE "event_firing" SET "state" = 'launched' WHERE "id" = ? AND "state" = 'open')",
                               {id}) > 0;
}

std::int64_t launched_in_chain(Session& session, Id<Job> root) {
    return integer_of(session.sql.query(
        R"(SELECT COUNT(*) FROM "event_firing" WHERE "root_job_id" = ? AND "state" = 'launched')", {root.value})[0][0]);
}

void note_launched(Session& session, std::int64_t id, Id<Job> launched) {
    session.sql.execute(R"(UPDATE "event_firing" SET "launched_job_id" = ? WHERE "id" = ?)", {launched.value, id});
}

void note_failed(Session& session, std::int64_t id, std::string_view message) {
    session.sql.execute(R"(UPDATE "event_firing" SET "state" = 'failed', "message" = ? WHERE "id" = ?)",
                        {text_within(message, 1024), id});
}

void forget_old_firings(Session& session, Timestamp now) {
    session.sql.execute(R"(DELETE FROM "event_firing" WHERE "created_at" < ? AND "state" <> 'open')",
                        {ms(now - std::chrono::days{30})});
}

void note_input_artifact(Session& session, const InputArtifact& input) {
    session.sql.execute(R"(INSERT INTO "job_input" ("job_id", "variable", "artifact_id") VALUES (?, ?, ?))",
                        {input.job.value, input.variable, input.artifact.value});
}

std::vector<InputArtifact> input_artifacts(Session& session, std::vector<std::int64_t> jobs) {
    std::vector<InputArtifact> out;
    rows_of(session, R"(SELECT "job_id", "variable", "artifact_id" FROM "job_input" WHERE "job_id" IN ({}))",
            std::move(jobs), [&](sql::Row& row) {
                out.push_back({{integer_of(row[0])}, std::get<std::string>(row[1]), {integer_of(row[2])}});
            });
    return out;
}

void hold_rules_that_launch(Session& session, Id<RunTemplate> target) {
    // SQLite has one writer at a time.
    if (session.sql.dialect() != sql::Dialect::sqlite)
        session.sql.query(R"(SELECT "id" FROM "runtemplate" WHERE "id" = ? FOR UPDATE)", {target.value});
}

}  // namespace mf
