// SPDX-License-Identifier: MIT
#include "store/queries/job_turns.h"

namespace mf {

bool runs_alone(const RunTemplate& run_template) { return run_template.overlap != Overlap::parallel; }

bool is_occupied(Session& session, Id<RunTemplate> run_template) {
    return !session.sql.query(R"(SELECT 1 FROM "job" WHERE "exclusive" = ?)", {run_template.value}).empty();
}

bool hold_occupied(Session& session, Id<RunTemplate> run_template) {
    std::string text = R"(SELECT 1 FROM "job" WHERE "exclusive" = ?)";
    if (session.sql.dialect() == sql::Dialect::postgres) text += " FOR SHARE";
    if (session.sql.dialect() == sql::Dialect::mariadb) text += " LOCK IN SHARE MODE";
    return !session.sql.query(text, {run_template.value}).empty();
}

std::int64_t take_turn(Session& session, std::string_view sql, std::initializer_list<Value> parameters) {
    try {
        return session.sql.execute(sql, parameters);
    } catch (const sql::DatabaseError& error) {
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

void release_next_waiting(Session& session, std::int64_t run_template) {
    for (;;) {
        const auto next = session.sql.query(
            R"(SELECT "id" FROM "schedule" WHERE "runtemplate_id" = ? AND "waiting" = ? ORDER BY "after", "id" LIMIT 1)",
            {run_template, true});
        // Another session may be taking that one out of the queue.
        if (next.empty() ||
            session.sql.execute(R"(UPDATE "schedule" SET "waiting" = ? WHERE "id" = ?)", {false, next[0][0]}) > 0)
            return;
    }
}

void let_next_go(Session& session, Id<RunTemplate> run_template) {
    if (!is_occupied(session, run_template)) release_next_waiting(session, run_template.value);
}

}  // namespace mf
