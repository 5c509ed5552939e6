// SPDX-License-Identifier: MIT
#include "store/queries/job_claim.h"

#include "base/labels.h"
#include "base/text_within.h"
#include "domain/task.h"
#include "store/queries/job_change.h"
#include "store/queries/job_record.h"
#include "store/queries/job_turns.h"
#include "store/queries/lane.h"
#include "store/rows_of.h"
#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// The oldest rows of a lane that are due, with their jobs and run templates, locked against every other session. Rows
/// that another session is claiming at this moment are not waited for.
sql::Rows due_rows(Session& session, const DueLane& lane, Timestamp until, std::int64_t most) {
    static const std::string whole = fmt::format(
        R"(SELECT s."id", o."sealed", {}, {} FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
           JOIN "runtemplate" r ON r."id" = j."runtemplate_id" LEFT JOIN "job_override" o ON o."job_id" = j."id" )",
        column_list(entity_of<Job>(), "j"), column_list(entity_of<RunTemplate>(), "r"));
    static const std::string due =
        whole +
        R"(WHERE s."waiting" = FALSE AND s."lane_id" = ? AND s."after" <= ? ORDER BY s."after", s."id" LIMIT ?)";
    const std::initializer_list<Value> which{lane.id, ms(until), most};
    // SQLite has one writer at a time.
    if (session.sql.dialect() == sql::Dialect::sqlite) return session.sql.query(due, which);
    // MariaDB would lock the rows of all joined tables (it has no FOR UPDATE OF), and those of other lanes when it
    // takes the index of the time.
    const std::string_view ids_of_lane =
        session.sql.dialect() == sql::Dialect::mariadb
            ? R"(SELECT "id" FROM "schedule" FORCE INDEX ("schedule_of_lane") WHERE "waiting" = FALSE AND "lane_id" = ?
                 AND "after" <= ? ORDER BY "after", "id" LIMIT ? FOR UPDATE SKIP LOCKED)"
            : R"(SELECT "id" FROM "schedule" WHERE "waiting" = FALSE AND "lane_id" = ?
                 AND "after" <= ? ORDER BY "after", "id" LIMIT ? FOR UPDATE SKIP LOCKED)";
    std::vector<std::int64_t> ids;
    for (const auto& row : session.sql.query(ids_of_lane, which)) ids.push_back(std::get<std::int64_t>(row[0]));
    std::unordered_map<std::int64_t, sql::Row> found;
    rows_of(session, whole + R"(WHERE s."id" IN ({}))", ids,
            [&](sql::Row& row) { found.emplace(std::get<std::int64_t>(row[0]), std::move(row)); });
    sql::Rows out;
    for (const auto id : ids)
        if (auto row = found.extract(id)) out.push_back(std::move(row.mapped()));
    return out;
}

/// Ends a job whose row, or that of its run template, somebody has spoilt: it must not keep the others waiting.
void block_unreadable(Session& session, const Value& queue_entry, std::string_view node, std::string_view why,
                      Timestamp now) {
    const auto rows = session.sql.query(
        R"(SELECT s."job_id", s."runtemplate_id", j."fence" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
           WHERE s."id" = ?)",
        {queue_entry});
    if (rows.empty()) return;
    const auto* fence_before = std::get_if<std::int64_t>(&rows[0][2]);
    const auto fence = (fence_before ? *fence_before : 0) + 1;
    const auto reason = std::string(why) + " Save the run template anew.";
    session.sql.execute(R"(DELETE FROM "schedule" WHERE "id" = ?)", {queue_entry});
    if (session.sql.execute(
            R"(UPDATE "job" SET "state" = 'claimed', "claimed_by" = ?, "fence" = ? WHERE "id" = ? AND "state" = 'pending')",
            {std::string(node), fence, rows[0][0]}) > 0)
        note_changes(session, JobChangeKind::claimed, {{integer_of(rows[0][0]), now}});
    record_end(session, {.job = {std::get<std::int64_t>(rows[0][0])},
                         .fence = fence,
                         .state = JobState::blocked,
                         .end = now,
                         .exitcode = exit_code_of_blocked,
                         .reason = reason});
    session.sql.execute(R"(UPDATE "runtemplate" SET "fault" = ? WHERE "id" = ?)",
                        {text_within(reason, 1024), rows[0][1]});
}

/// Claims the job of a row of due_rows(), or sets it aside. `locked`: lock_claims() was called in this transaction.
/// `taken`: rows that are to leave the queue.
void take_row(Session& session, const DueLane& lane, const sql::Row& row, std::string_view node, Timestamp now,
              bool& locked, std::vector<std::int64_t>& taken, std::vector<ClaimedJob>& claimed) {
    ClaimedJob found;
    const auto cells = std::span(row).subspan(2);
    const auto job_cells = entity_of<Job>().fields.size();
    try {
        fill(entity_of<Job>(), cells.first(job_cells), &found.job);
        fill(entity_of<RunTemplate>(), cells.subspan(job_cells), &found.run_template);
    } catch (const sql::DatabaseError& error) {
        return block_unreadable(session, row[0], node, error.what(), now);
    }
    if (auto* sealed = std::get_if<std::string>(&row[1])) found.sealed_override = *sealed;

    // Queued while somebody gave other labels to its run template.
    if (found.run_template.runs_on != lane.runs_on) return change_lane(session, found.run_template);
    const bool alone = runs_alone(found.run_template);
    if (alone && !std::exchange(locked, true)) lock_claims(session);
    if (alone && hold_occupied(session, found.run_template.id)) {
        session.sql.execute(R"(UPDATE "schedule" SET "waiting" = ? WHERE "id" = ?)", {true, row[0]});
        return;
    }
    const auto changed =
        take_turn(session,
                  R"(UPDATE "job" SET "state" = 'claimed', "claimed_by" = ?, "exclusive" = ?, "fence" = ?
           WHERE "id" = ? AND "state" = 'pending')",
                  {std::string(node), alone ? Value{found.run_template.id.value} : Value{}, ++found.job.fence,
                   found.job.id.value});
    taken.push_back(std::get<std::int64_t>(row[0]));
    if (!changed) return;
    found.job.state = JobState::claimed;
    found.job.claimed_by = std::string(node);
    claimed.push_back(std::move(found));
}

/// Claims jobs of lanes whose labels the node has, until it has `most`.
void take_from(Session& session, std::vector<DueLane> lanes, std::string_view node, Timestamp now, int most,
               std::vector<ClaimedJob>& claimed) {
    const bool limited =
        std::ranges::any_of(lanes, [](const DueLane& lane) { return lane.company_limit || lane.application_limit; });
    const bool shared =
        std::ranges::any_of(lanes, [&](const DueLane& lane) { return lane.company != lanes.front().company; });
    bool locked = limited;
    if (limited) lock_claims(session);
    FairShare share(std::move(lanes), limited || shared ? running_jobs(session) : RunningJobs(),
                    most - std::ssize(claimed), now);
    while (const auto turn = share.next()) {
        const DueLane& lane = share.lane(*turn);
        const auto before = std::ssize(claimed);
        // Jobs that are set aside make room for those behind them.
        const auto rows = due_rows(session, lane, turn->until, turn->most);
        std::vector<std::int64_t> taken;
        for (const sql::Row& row : rows) take_row(session, lane, row, node, now, locked, taken, claimed);
        change_rows_of(session, R"(DELETE FROM "schedule" WHERE "id" IN ({}))", std::move(taken));
        share.took(*turn, std::ssize(claimed) - before);
        if (std::ssize(rows) < turn->most)
            share.ran_out(*turn, turn->until < now ? oldest_after(session, lane, turn->until, now) : std::nullopt);
    }
}

}  // namespace

std::vector<ClaimedJob> claim_due(Session& session, std::string_view node, Timestamp now, int most,
                                  const TextList& labels) {
    std::vector<ClaimedJob> claimed;
    for (LaneRound round(session, now); std::ssize(claimed) < most;) {
        auto lanes = round.next();
        if (!lanes) break;
        std::erase_if(*lanes, [&](const DueLane& lane) { return !missing_labels(lane.runs_on, labels).empty(); });
        take_from(session, *std::move(lanes), node, now, most, claimed);
    }
    std::vector<JobChange> changes;
    for (const ClaimedJob& each : claimed)
        changes.push_back({.company = each.job.company_id,
                           .job = each.job.id,
                           .run_template = each.job.runtemplate_id,
                           .kind = JobChangeKind::claimed,
                           .state = each.job.state,
                           .exitcode = {},
                           .at = now});
    note_changes(session, changes);
    return claimed;
}

bool give_back(Session& session, const Job& job) {
    const auto changed = session.sql.execute(
        R"(UPDATE "job" SET "state" = 'pending', "claimed_by" = NULL, "exclusive" = NULL
           WHERE "id" = ? AND "state" = 'claimed' AND "fence" = ?)",
        {job.id.value, job.fence});
    if (!changed) return false;
    note_changes(session, JobChangeKind::requeued, {{job.id.value, sql::current_time(session.sql)}});
    if (auto queued = put_in_queue(session, Scope::everything(), job, lane_of(session, job)); !queued)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, queued.error().message);
    return true;
}

Deferral defer(Session& session, const Job& job, Timestamp until, std::chrono::milliseconds patience,
               std::string_view reason) {
    auto end_of_window = job.schedule + patience;
    if (job.task_id)
        if (const auto task = Repository<Task>(session, Scope::everything()).find({*job.task_id}))
            end_of_window = task->deadline;
    if (until > end_of_window) return Deferral::over;
    if (!give_back(session, job)) return Deferral::not_ours;
    session.sql.execute(R"(UPDATE "schedule" SET "after" = ? WHERE "job_id" = ?)", {ms(until), job.id.value});
    session.sql.execute(R"(UPDATE "job" SET "reason" = ? WHERE "id" = ? AND "state" = 'pending')",
                        {text_within(reason, 1024), job.id.value});
    return Deferral::deferred;
}

std::optional<Timestamp> next_due(Session& session) {
    const auto rows = session.sql.query(R"(SELECT MIN("after") FROM "schedule" WHERE "waiting" = ?)", {false});
    if (is_null(rows[0][0])) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(rows[0][0])}};
}

std::optional<Timestamp> next_due_after(Session& session, Timestamp now) {
    const auto rows =
        session.sql.query(R"(SELECT MIN("after") FROM "schedule" WHERE "waiting" = FALSE AND "after" > ?)", {ms(now)});
    if (is_null(rows[0][0])) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(rows[0][0])}};
}

std::vector<Id<Job>> cancel_requests(Session& session, std::string_view node) {
    std::vector<Id<Job>> out;
    for (const auto state : {"claimed", "running"})
        for (
            const auto& row : session.sql.query(
                R"(SELECT "id" FROM "job" WHERE "state" = ? AND "claimed_by" = ? AND "cancel_requested_at" IS NOT NULL)",
                {std::string(state), std::string(node)}))
            out.push_back({std::get<std::int64_t>(row[0])});
    return out;
}

std::vector<Job> unfinished_jobs(Session& session, std::string_view node) {
    std::vector<Job> out;
    for (const auto state : {"claimed", "running"})
        for (const auto& row :
             session.sql.query(fmt::format(R"(SELECT {} FROM "job" WHERE "state" = ? AND "claimed_by" = ?)",
                                           column_list(entity_of<Job>())),
                               {std::string(state), std::string(node)}))
            fill(entity_of<Job>(), row, &out.emplace_back());
    return out;
}

std::unordered_map<std::int64_t, std::int64_t> fences_of(Session& session, std::string_view node) {
    std::unordered_map<std::int64_t, std::int64_t> out;
    for (const auto& row : session.sql.query(
             R"(SELECT "id", "fence" FROM "job" WHERE "state" IN ('claimed', 'running') AND "claimed_by" = ?)",
             {std::string(node)}))
        out.emplace(std::get<std::int64_t>(row[0]), std::get<std::int64_t>(row[1]));
    return out;
}

std::vector<Job> take_over_jobs(Session& session, std::string_view node) {
    session.sql.execute(
        R"(UPDATE "job" SET "fence" = "fence" + 1 WHERE "state" IN ('claimed', 'running') AND "claimed_by" = ?)",
        {std::string(node)});
    return unfinished_jobs(session, node);
}

}  // namespace mf
