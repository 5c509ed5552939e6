// SPDX-License-Identifier: MIT
#include "store/queries/task_count.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf {
std::int64_t day_of(Timestamp moment) {
    return std::chrono::floor<std::chrono::days>(moment).time_since_epoch().count();
}

void count_outcomes(Session& session, Id<Company> company, std::int64_t day, TaskState outcome, std::int64_t number) {
    if (!has_outcome(outcome)) throw std::logic_error("a task without an outcome is not counted");
    // Not an "upsert": its spelling differs on every database, and the row nearly always exists.
    const auto changed = session.sql.execute(
        fmt::format(R"(UPDATE "task_count" SET "{0}" = "{0}" + ? WHERE "company_id" = ? AND "day" = ?)",
                    name_of(outcome)),
        {number, company.value, day});
    if (changed) return;
    try {
        session.sql.execute(
            fmt::format(R"(INSERT INTO "task_count" ("company_id", "day", "{}") VALUES (?, ?, ?))", name_of(outcome)),
            {company.value, day, number});
    } catch (const sql::DatabaseError& error) {
        // Another session made the row in between; the whole transaction is repeated and finds it.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

void count_outcome(Session& session, Id<Company> company, Timestamp window_start, TaskState outcome,
                   std::int64_t number) {
    count_outcomes(session, company, day_of(window_start), outcome, number);
}

TaskStatistics task_statistics(Session& session, const Scope& scope) {
    const auto row = session.sql.query(
        R"(SELECT SUM("fulfilled"), SUM("fulfilled_late"), SUM("failed"), SUM("missed") FROM "task_count" WHERE )" +
        scope.condition())[0];
    TaskStatistics out{.fulfilled = integer_or_zero(row[0]),
                       .fulfilled_late = integer_or_zero(row[1]),
                       .failed = integer_or_zero(row[2]),
                       .missed = integer_or_zero(row[3])};
    for (const auto& [state, count] : {std::pair{"open", &out.open}, std::pair{"running", &out.running}}) {
        *count = integer_or_zero(session.sql.query(
            R"(SELECT COUNT(*) FROM "task" WHERE "state" = ? AND )" + scope.condition(), {std::string(state)})[0][0]);
    }
    return out;
}

}  // namespace mf
