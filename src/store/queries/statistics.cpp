// SPDX-License-Identifier: MIT
#include "store/queries/statistics.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string_view column_of(JobOutcome outcome) {
    switch (outcome) {
        case JobOutcome::succeeded: return "succeeded";
        case JobOutcome::failed: return "failed";
        case JobOutcome::withdrawn: return "withdrawn";
    }
    return {};
}

void count(Session& session, Id<Company> company, std::int64_t hour, std::string_view column, std::int64_t number = 1) {
    // Not an "upsert": its spelling differs on every database, and the row nearly always exists.
    const auto changed = session.sql.execute(
        fmt::format(R"(UPDATE "job_count" SET "{0}" = "{0}" + ? WHERE "company_id" = ? AND "hour" = ?)", column),
        {number, company.value, hour});
    if (changed) return;
    try {
        session.sql.execute(
            fmt::format(R"(INSERT INTO "job_count" ("company_id", "hour", "{}") VALUES (?, ?, ?))", column),
            {company.value, hour, number});
    } catch (const sql::DatabaseError& error) {
        // Another session made the row in between; the whole transaction is repeated and finds it.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

}  // namespace

std::int64_t hour_of(Timestamp moment) {
    return std::chrono::floor<std::chrono::hours>(moment.time_since_epoch()).count();
}

void count_created(Session& session, Id<Company> company, Timestamp now) {
    count(session, company, hour_of(now), "created");
}

void count_ended(Session& session, Id<Company> company, JobOutcome outcome, std::int64_t hour, std::int64_t number) {
    count(session, company, hour, column_of(outcome), number);
}

void count_removed(Session& session, const Job& job, Timestamp now) {
    count(session, job.company_id, hour_of(now), "removed");
    const auto take_back = [&](std::string_view column, Timestamp at) {
        session.sql.execute(
            fmt::format(R"(UPDATE "job_count" SET "{0}" = "{0}" - 1 WHERE "company_id" = ? AND "hour" = ?)", column),
            {job.company_id.value, hour_of(at)});
    };
    take_back("created", job.created_at);
    if (job.end) take_back(column_of(outcome_of(job.state, job.begin.has_value())), *job.end);
}

void skip_by_key(Session& session, const Scope& scope, ListQuery& query) {
    if (session.sql.dialect() != sql::Dialect::sqlite || !scope.is_everything() || !query.equals.empty() ||
        query.after || query.offset == 0)
        return;
    if (integer_or_zero(session.sql.query(R"(SELECT SUM("removed") FROM "job_count")")[0][0]) != 0) return;
    if (!query.newest_first) {
        query.after = query.offset;
    } else {
        const auto newest = integer_or_zero(session.sql.query(R"(SELECT MAX("id") FROM "job")")[0][0]);
        query.after = std::max<std::int64_t>(newest - query.offset + 1, 0);
    }
    query.offset = 0;
}

JobStatistics job_statistics(Session& session, const Scope& scope, Timestamp now) {
    const std::int64_t hour = hour_of(now);
    const auto row = session.sql.query(
        R"(SELECT SUM("created"), SUM("succeeded"), SUM("failed"), SUM("withdrawn"),
           SUM(CASE WHEN "hour" > ? THEN "created" ELSE 0 END), SUM(CASE WHEN "hour" > ? THEN "created" ELSE 0 END),
           SUM(CASE WHEN "hour" > ? THEN "created" ELSE 0 END), SUM(CASE WHEN "hour" > ? THEN "created" ELSE 0 END) FROM "job_count" WHERE )" +
            scope.condition(),
        {hour - 30 * 24, hour - 7 * 24, hour - 24, hour - 1})[0];
    return {integer_or_zero(row[0]), integer_or_zero(row[1]), integer_or_zero(row[2]), integer_or_zero(row[3]),
            integer_or_zero(row[4]), integer_or_zero(row[5]), integer_or_zero(row[6]), integer_or_zero(row[7])};
}

QueueStatistics queue_statistics(Session& session, const Scope& scope, Timestamp now, const CalendarEnds& ends) {
    std::vector<Value> parameters{ms(now), ms(now),       ms(ends.today), ms(ends.today), ms(ends.tomorrow),
                                  ms(now), ms(ends.week), ms(now),        ms(ends.month)};
    const auto row = session.sql.query(
        R"(SELECT COUNT(*), SUM(CASE WHEN s."after" < ? THEN 1 ELSE 0 END),
           SUM(CASE WHEN s."after" >= ? AND s."after" < ? THEN 1 ELSE 0 END),
           SUM(CASE WHEN s."after" >= ? AND s."after" < ? THEN 1 ELSE 0 END),
           SUM(CASE WHEN s."after" >= ? AND s."after" < ? THEN 1 ELSE 0 END),
           SUM(CASE WHEN s."after" >= ? AND s."after" < ? THEN 1 ELSE 0 END),
           COUNT(DISTINCT r."app_id"), COUNT(DISTINCT s."company_id"), COUNT(DISTINCT s."runtemplate_id")
           FROM "schedule" s JOIN "runtemplate" r ON r."id" = s."runtemplate_id" WHERE )" +
            scope.condition(R"(s."company_id")"),
        parameters)[0];
    return {integer_or_zero(row[0]), integer_or_zero(row[1]), integer_or_zero(row[2]),
            integer_or_zero(row[3]), integer_or_zero(row[4]), integer_or_zero(row[5]),
            integer_or_zero(row[6]), integer_or_zero(row[7]), integer_or_zero(row[8])};
}

}  // namespace mf
