// SPDX-License-Identifier: MIT
#include "store/queries/job_turns.h"

namespace mf {

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

void let_next_go(Session& session, Id<RunTemplate> run_template) {
    if (!is_occupied(session, run_template)) release_next_waiting(session, run_template.value);
}

}  // namespace mf
