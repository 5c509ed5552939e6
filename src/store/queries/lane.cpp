// SPDX-License-Identifier: MIT
#include "store/queries/lane.h"

namespace mf {
namespace {

constexpr std::int64_t lanes_at_once = 256;

std::optional<std::int64_t> limit(const Value& value) {
    return is_null(value) ? std::nullopt : std::optional(integer_of(value));
}

[[noreturn]] void repeat_after_conflict(const sql::DatabaseError& error) {
    // Another session made the row in between; the whole transaction is repeated and finds it.
    if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
    throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
}

// The next lanes of the queue behind one, by leaps through the index "schedule_of_lane": what is read are as many
// entries as there are lanes, however many jobs they have.
constexpr std::string_view lanes_by_leaps =
    R"(WITH RECURSIVE queued("lane", "n") AS (
         SELECT (SELECT MIN("lane_id") FROM "schedule" WHERE "waiting" = FALSE AND "lane_id" > ?), 1
         UNION ALL
         SELECT (SELECT MIN(s."lane_id") FROM "schedule" s WHERE s."waiting" = FALSE AND s."lane_id" > q."lane"),
                q."n" + 1
         FROM queued q WHERE q."lane" IS NOT NULL AND q."n" < ?)
       SELECT l."id", l."company_id", l."app_id", l."runs_on", c."max_parallel", a."max_parallel",
              CASE WHEN c."paused_at" IS NULL THEN 0 ELSE COALESCE(c."paused_until", 9223372036854775807) END,
              (SELECT MIN(s."after") FROM "schedule" s WHERE s."waiting" = FALSE AND s."lane_id" = l."id")
       FROM queued q JOIN "lane" l ON l."id" = q."lane" JOIN "company" c ON c."id" = l."company_id"
       JOIN "application" a ON a."id" = l."app_id")";

// MariaDB does not leap when the place depends on another row, but it finds the first entry of a given lane.
constexpr std::string_view lanes_one_by_one =
    R"(SELECT l."id", l."company_id", l."app_id", l."runs_on", c."max_parallel", a."max_parallel",
              CASE WHEN c."paused_at" IS NULL THEN 0 ELSE COALESCE(c."paused_until", 9223372036854775807) END,
              (SELECT s."after" FROM "schedule" s FORCE INDEX ("schedule_of_lane")
               WHERE s."waiting" = FALSE AND s."lane_id" = l."id" ORDER BY s."after" LIMIT 1)
       FROM (SELECT "id", "company_id", "app_id", "runs_on" FROM "lane" WHERE "id" > ? ORDER BY "id" LIMIT ?) l
       JOIN "company" c ON c."id" = l."company_id" JOIN "application" a ON a."id" = l."app_id")";

/// Spreads moments evenly over all numbers (the finaliser of SplitMix64).
std::uint64_t spread(Timestamp moment) {
    auto x = static_cast<std::uint64_t>(ms(moment)) + 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

}  // namespace

std::int64_t lane_of(Session& session, Id<Company> company, Id<Application> application, std::string_view runs_on) {
    const auto known =
        session.sql.query(R"(SELECT "id" FROM "lane" WHERE "company_id" = ? AND "app_id" = ? AND "runs_on" = ?)",
                          {company.value, application.value, std::string(runs_on)});
    if (!known.empty()) return integer_of(known[0][0]);
    try {
        return integer_of(session.sql.query(
            R"(INSERT INTO "lane" ("company_id", "app_id", "runs_on") VALUES (?, ?, ?) RETURNING "id")",
            {company.value, application.value, std::string(runs_on)})[0][0]);
    } catch (const sql::DatabaseError& error) {
        repeat_after_conflict(error);
    }
}

std::int64_t lane_of(Session& session, const Job& job) {
    const auto rows =
        session.sql.query(R"(SELECT "runs_on" FROM "runtemplate" WHERE "id" = ?)", {job.runtemplate_id.value});
    return lane_of(session, job.company_id, job.app_id, std::get<std::string>(rows.at(0)[0]));
}

Result<void> put_in_queue(Session& session, const Scope& scope, const Job& job, std::int64_t lane) {
    QueueEntry entry{.job_id = job.id,
                     .runtemplate_id = job.runtemplate_id,
                     .company_id = job.company_id,
                     .after = job.schedule,
                     .lane_id = lane};
    return Repository<QueueEntry>(session, scope).insert(entry);
}

void change_lane(Session& session, const RunTemplate& run_template) {
    session.sql.execute(
        R"(UPDATE "schedule" SET "lane_id" = ? WHERE "runtemplate_id" = ?)",
        {lane_of(session, run_template.company_id, run_template.app_id, run_template.runs_on), run_template.id.value});
}

std::int64_t repair_lanes(Session& session, const Scope& scope) {
    std::string text =
        R"(SELECT s."id", s."job_id" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
           JOIN "runtemplate" r ON r."id" = j."runtemplate_id" LEFT JOIN "lane" l ON l."id" = s."lane_id"
           WHERE (l."id" IS NULL OR l."company_id" <> j."company_id" OR l."app_id" <> j."app_id"
                  OR l."runs_on" <> r."runs_on"))";
    text += " AND " + scope.condition(R"(s."company_id")");
    std::int64_t repaired = 0;
    for (const auto& row : session.sql.query(text)) {
        const auto job = Repository<Job>(session, scope).find({integer_of(row[1])});
        if (!job) continue;
        repaired += session.sql.execute(R"(UPDATE "schedule" SET "lane_id" = ? WHERE "id" = ?)",
                                        {lane_of(session, *job), row[0]});
    }
    return repaired;
}

std::vector<DueLane> LaneRound::read() {
    const bool leaps = session_.sql.dialect() != sql::Dialect::mariadb;
    std::vector<DueLane> out;
    std::int64_t last = after_, read = 0;
    for (const auto& row :
         session_.sql.query(leaps ? lanes_by_leaps : lanes_one_by_one, {after_, std::int64_t{lanes_at_once}})) {
        ++read;
        const auto id = integer_of(row[0]);
        last = std::max(last, id);
        if (part_ == Part::from_first && id > start_) continue;
        const bool is_paused = integer_of(row[6]) > ms(now_);
        if (is_paused || is_null(row[7]) || integer_of(row[7]) > ms(now_)) continue;
        out.push_back({.id = id,
                       .company = integer_of(row[1]),
                       .application = integer_of(row[2]),
                       .runs_on = std::get<std::string>(row[3]),
                       .oldest = Timestamp{std::chrono::milliseconds{integer_of(row[7])}},
                       .company_limit = limit(row[4]),
                       .application_limit = limit(row[5])});
    }
    after_ = last;
    const bool ended = read < lanes_at_once;
    if (part_ == Part::from_somewhere && ended) {
        part_ = start_ > 0 ? Part::from_first : Part::over;
        after_ = 0;
    } else if (part_ == Part::from_first && (ended || after_ >= start_)) {
        part_ = Part::over;
    }
    return out;
}

std::vector<DueLane> LaneRound::begin() {
    part_ = Part::from_somewhere;
    auto first = read();
    if (part_ == Part::over) return first;
    const auto last = integer_of(session_.sql.query(R"(SELECT MAX("id") FROM "lane")")[0][0]);
    start_ = static_cast<std::int64_t>(spread(now_) % static_cast<std::uint64_t>(last));
    after_ = start_;
    return read();
}

std::optional<std::vector<DueLane>> LaneRound::next() {
    if (part_ == Part::over) return std::nullopt;
    return part_ == Part::not_begun ? begin() : read();
}

std::optional<Timestamp> oldest_after(Session& session, const DueLane& lane, Timestamp after, Timestamp now) {
    const auto rows = session.sql.query(
        R"(SELECT MIN("after") FROM "schedule" WHERE "waiting" = FALSE AND "lane_id" = ? AND "after" > ? AND "after" <= ?)",
        {lane.id, ms(after), ms(now)});
    if (is_null(rows[0][0])) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{integer_of(rows[0][0])}};
}

RunningJobs running_jobs(Session& session) {
    RunningJobs out;
    for (const auto& row : session.sql.query(
             R"(SELECT "company_id", "app_id", COUNT(*) FROM "job" WHERE "state" IN ('claimed', 'running')
                GROUP BY "company_id", "app_id")")) {
        out.of_company[integer_of(row[0])] += integer_of(row[2]);
        out.of_application[integer_of(row[1])] += integer_of(row[2]);
    }
    return out;
}

void lock_claims(Session& session) {
    if (session.sql.dialect() == sql::Dialect::sqlite) return;
    if (!session.sql.query(R"(SELECT "value" FROM "installation" WHERE "name" = 'parallel_limits' FOR UPDATE)").empty())
        return;
    try {
        session.sql.execute(R"(INSERT INTO "installation" ("name", "value") VALUES ('parallel_limits', ''))");
    } catch (const sql::DatabaseError& error) {
        repeat_after_conflict(error);
    }
}

}  // namespace mf
