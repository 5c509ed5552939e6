// SPDX-License-Identifier: MIT
#include "store/queries/launch_attempts.h"

namespace mf {
namespace {

std::optional<Id<Job>> job_in(const Value& value) {
    if (is_null(value)) return std::nullopt;
    return Id<Job>{std::get<std::int64_t>(value)};
}

}  // namespace

LaunchAttempts attempts_of_launch(Session& session, Id<RunTemplate> run_template, Id<Job> first) {
    if (session.sql.dialect() != sql::Dialect::sqlite)
        session.sql.query(R"(SELECT "id" FROM "job" WHERE "id" = ? FOR UPDATE)", {first.value});
    const auto rows = session.sql.query(
        R"(SELECT COALESCE(MAX("attempt"), 0),
                  MIN(CASE WHEN "state" IN ('pending', 'claimed', 'running') THEN "id" END),
                  MIN(CASE WHEN "state" = 'succeeded' THEN "id" END)
           FROM "job" WHERE "runtemplate_id" = ? AND "id" >= ? AND ("id" = ? OR "retry_of" = ?) AND "task_id" IS NULL)",
        {run_template.value, first.value, first.value, first.value});
    const auto& row = rows.at(0);
    return {.last = std::get<std::int64_t>(row[0]), .under_way = job_in(row[1]), .succeeded_in = job_in(row[2])};
}

}  // namespace mf
