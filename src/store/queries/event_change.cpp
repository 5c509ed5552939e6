// SPDX-License-Identifier: MIT
#include "base/text_within.h"
#include "store/queries/source_change.h"
#include "store/records.h"

namespace mf {

std::vector<EventChange> due_event_changes(Session& session, Timestamp now, std::size_t most) {
    static const auto sql = "SELECT " + column_list(entity_of<EventChange>()) +
                            R"( FROM "event_change" WHERE "state" = 'open' AND "next_attempt_at" <= ?
            ORDER BY "source_change_id", "priority" DESC, "event_rule_id" LIMIT ?)";
    std::vector<EventChange> out;
    for (const auto& row : session.sql.query(sql, {ms(now), static_cast<std::int64_t>(most)}))
        fill(entity_of<EventChange>(), row, &out.emplace_back());
    return out;
}

std::optional<Timestamp> next_event_change(Session& session) {
    const auto rows = session.sql.query(R"(SELECT MIN("next_attempt_at") FROM "event_change" WHERE "state" = 'open')");
    if (rows.empty() || is_null(rows[0][0])) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(integer_of(rows[0][0])));
}

bool take_event_change(Session& session, Id<EventChange> id) {
    return session.sql.execute(
               R"(UPDATE "event_change" SET "state" = 'launched', "next_attempt_at" = NULL
                  WHERE "id" = ? AND "state" = 'open')",
               {id.value}) > 0;
}

void note_change_launched(Session& session, Id<EventChange> id, Id<Job> launched) {
    session.sql.execute(R"(UPDATE "event_change" SET "launched_job_id" = ?, "message" = NULL WHERE "id" = ?)",
                        {launched.value, id.value});
}

void postpone_event_change(Session& session, Id<EventChange> id, Timestamp until, std::string_view why) {
    session.sql.execute(
        R"(UPDATE "event_change" SET "next_attempt_at" = ?, "message" = ? WHERE "id" = ? AND "state" = 'open')",
        {ms(until), text_within(why, 1024), id.value});
}

bool note_change_failed(Session& session, Id<EventChange> id, std::int64_t attempts, std::string_view why,
                        std::optional<Timestamp> next) {
    return session.sql.execute(
               R"(UPDATE "event_change" SET "attempts" = "attempts" + 1, "next_attempt_at" = ?, "message" = ?, "state" = ?
                  WHERE "id" = ? AND "state" = 'open' AND "attempts" = ?)",
               {next ? Value{ms(*next)} : Value{}, text_within(why, 1024), std::string(next ? "open" : "failed"),
                id.value, attempts}) > 0;
}

bool reopen_event_change(Session& session, Id<EventChange> id, Timestamp now) {
    return session.sql.execute(
               R"(UPDATE "event_change" SET "state" = 'open', "attempts" = 0, "next_attempt_at" = ?
                  WHERE "id" = ? AND "state" = 'failed' AND EXISTS
                    (SELECT 1 FROM "source_change" c
                     WHERE c."id" = "event_change"."source_change_id" AND c."data" IS NOT NULL))",
               {ms(now), id.value}) > 0;
}

ToldChange told_change_of(Session& session, const EventChange& change) {
    ToldChange out{.inversion = change.inversion,
                   .evidence = change.evidence,
                   .operation = change.operation,
                   .record_id = change.record_id};
    const auto rows = session.sql.query(R"(SELECT "document_uri", "data" FROM "source_change" WHERE "id" = ?)",
                                        {change.source_change_id});
    if (rows.empty() || is_null(rows[0][1])) {
        out.flaw = "What the change was about is not kept any more.";
        return out;
    }
    if (!is_null(rows[0][0])) out.document_uri = std::get<std::string>(rows[0][0]);
    auto data = parse_json(std::get<std::string>(rows[0][1]));
    if (data && data->is_object())
        out.data = std::move(data->as_object());
    else
        out.flaw = "What is kept of the change is damaged.";
    return out;
}

}  // namespace mf
