// SPDX-License-Identifier: MIT
#include "store/queries/source_change.h"

#include "base/text_within.h"
#include "store/records.h"
#include "store/rows_of.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <set>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A change may become visible at its source so long after one with a greater number.
constexpr auto late_by = 10min;

Timestamp time_of(const Value& value) { return Timestamp(std::chrono::milliseconds(integer_of(value))); }

struct TurnRow {
    std::int64_t position = 0, floor = 0, next_floor = 0;
    Timestamp floor_at{};
    int failures = 0;
};

std::optional<TurnRow> read_turn(Session& session, Id<EventSource> source) {
    const auto rows = session.sql.query(
        R"(SELECT "position", "floor", "next_floor", "floor_at", "failures" FROM "event_source_turn"
           WHERE "event_source_id" = ?)",
        {source.value});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    return TurnRow{integer_of(row[0]), integer_of(row[1]), integer_of(row[2]), time_of(row[3]),
                   static_cast<int>(integer_of(row[4]))};
}

std::vector<EventRule> rules_of(Session& session, const EventSource& source) {
    auto rules =
        Repository<EventRule>(session, source.company_id ? Scope::only(*source.company_id) : Scope::everything())
            .list({.equals = {{"event_source_id", source.id.value}, {"enabled", true}}});
    std::ranges::stable_sort(rules, std::greater<>{}, &EventRule::priority);
    return rules;
}

void note_for_rules(Session& session, const SourceTurn& turn, const ToldChange& change, std::int64_t id,
                    std::span<const EventRule> rules, Timestamp now) {
    std::vector<EventChange> wanted;
    for (const auto& rule : rules) {
        if (!wants(rule, change)) continue;
        EventChange each{.company_id = rule.company_id,
                         .event_source_id = turn.source.id,
                         .event_rule_id = rule.id,
                         .source_change_id = id,
                         .inversion = change.inversion,
                         .evidence = change.evidence,
                         .operation = change.operation,
                         .record_id = change.record_id,
                         .priority = rule.priority,
                         .next_attempt_at = now,
                         .received_at = now};
        if (!change.flaw.empty()) {
            each.state = EventChangeState::failed;
            each.next_attempt_at.reset();
            each.message = text_within("The change cannot be used. " + change.flaw, 1024);
        }
        wanted.push_back(std::move(each));
    }
    if (wanted.empty()) return;
    if (auto inserted = Repository<EventChange>(session, Scope::everything()).insert_all(wanted); !inserted)
        throw std::runtime_error(inserted.error().message);
}

}  // namespace

std::vector<DueSource> sources_to_look_at(Session& session, std::string_view holder) {
    std::vector<DueSource> out;
    for (const auto& row : session.sql.query(
             R"(SELECT s."id", COALESCE(t."next_look", 0),
                       CASE WHEN t."holder" = ? THEN 0 ELSE COALESCE(t."held_until", 0) END, COALESCE(t."failures", 0)
                FROM "event_source" s
                LEFT JOIN "event_source_turn" t ON t."event_source_id" = s."id"
                LEFT JOIN "company" c ON c."id" = s."company_id"
                WHERE s."enabled" = TRUE AND (c."id" IS NULL OR (c."enabled" = TRUE AND c."live" = 1))
                  AND EXISTS (SELECT 1 FROM "event_rule" r WHERE r."event_source_id" = s."id" AND r."enabled" = TRUE)
                ORDER BY s."id")",
             {std::string(holder)}))
        out.push_back(
            {{integer_of(row[0])}, std::max(time_of(row[1]), time_of(row[2])), static_cast<int>(integer_of(row[3]))});
    std::ranges::stable_sort(out, {}, &DueSource::due);
    return out;
}

std::optional<SourceTurn> take_turn(Session& session, Id<EventSource> id, std::string_view holder, Timestamp now,
                                    Timestamp until) {
    auto source = Repository<EventSource>(session, Scope::everything()).find(id);
    if (!source || !source->enabled) return std::nullopt;
    auto turn = read_turn(session, id);
    if (!turn) {
        // Two servers may come here at the same moment: the unique key lets one of them in.
        turn = TurnRow{};
        session.sql.execute(
            R"(INSERT INTO "event_source_turn" ("event_source_id", "holder", "held_until", "next_look", "failures",
                                                "position", "floor", "next_floor", "floor_at")
               VALUES (?, '', 0, 0, 0, ?, ?, ?, ?))",
            {id.value, source->last_processed_id, source->last_processed_id, source->last_processed_id, ms(now)});
        turn = read_turn(session, id);
    }
    if (session.sql.execute(
            R"(UPDATE "event_source_turn" SET "holder" = ?, "held_until" = ?
               WHERE "event_source_id" = ? AND ("holder" = ? OR "held_until" <= ?) AND "next_look" <= ?)",
            {std::string(holder), ms(until), id.value, std::string(holder), ms(now), ms(now)}) != 1)
        return std::nullopt;
    // Others may have moved it between the two statements.
    turn = read_turn(session, id);
    source = Repository<EventSource>(session, Scope::everything()).find(id);
    if (!turn || !source) return std::nullopt;
    if (const auto mark = source->last_processed_id; turn->position != mark) {
        // What has not been launched yet is nowhere else: its row at the source is gone.
        session.sql.execute(
            R"(DELETE FROM "source_change" WHERE "event_source_id" = ? AND "inversion" > ? AND NOT EXISTS
                 (SELECT 1 FROM "event_change" e
                  WHERE e."source_change_id" = "source_change"."id" AND e."state" <> 'launched'))",
            {id.value, mark});
        session.sql.execute(
            R"(UPDATE "event_source_turn" SET "position" = ?, "floor" = ?, "next_floor" = ?, "floor_at" = ?
               WHERE "event_source_id" = ?)",
            {mark, mark, mark, ms(now), id.value});
        turn->floor = mark;
    }
    return SourceTurn{*std::move(source), turn->failures, turn->floor};
}

void end_turn(Session& session, Id<EventSource> source, std::string_view holder, const EndOfTurn& end) {
    if (session.sql.execute(
            R"(UPDATE "event_source_turn" SET "held_until" = 0, "next_look" = ?, "failures" = ?
               WHERE "event_source_id" = ? AND "holder" = ?)",
            {ms(end.next_look), std::int64_t{end.failures}, source.value, std::string(holder)}) != 1 ||
        !end.read_all_at)
        return;
    // All that came late behind the floor to come has been read by now. Time alone says nothing: the source may have
    // been out of reach.
    session.sql.execute(
        R"(UPDATE "event_source_turn" SET "floor" = "next_floor", "next_floor" = "position", "floor_at" = ?
           WHERE "event_source_id" = ? AND "floor_at" <= ?)",
        {ms(*end.read_all_at), source.value, ms(*end.read_all_at - late_by)});
}

bool take_over(Session& session, const SourceTurn& turn, std::span<const ToldChange> changes, const TakingOver& how) {
    auto& sql = session.sql;
    const auto& source = turn.source;
    if (sql.execute(
            R"(UPDATE "event_source_turn" SET "held_until" = ?, "position" = ?
               WHERE "event_source_id" = ? AND "holder" = ? AND "held_until" > 0)",
            {ms(how.held_until), how.position, source.id.value, std::string(how.holder)}) != 1)
        return false;
    if (sql.execute(
            R"(UPDATE "event_source" SET "last_processed_id" = ?
               WHERE "id" = ? AND "last_processed_id" = ? AND "enabled" = TRUE)",
            {how.position, source.id.value, source.last_processed_id}) != 1)
        return false;
    const auto rules = rules_of(session, source);
    if (rules.empty()) return false;
    for (const auto& change : changes) {
        const auto known = sql.query(R"(SELECT 1 FROM "source_change" WHERE "event_source_id" = ? AND "inversion" = ?)",
                                     {source.id.value, change.inversion});
        if (!known.empty()) continue;
        const auto data = change.flaw.empty() ? Value{to_text(change.data)} : Value{};
        const auto rows = sql.query(
            R"(INSERT INTO "source_change" ("event_source_id", "inversion", "evidence", "operation", "record_id",
                                            "document_uri", "data", "at_source", "to_tell", "received_at")
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING "id")",
            {source.id.value, change.inversion, change.evidence, change.operation, change.record_id,
             change.document_uri ? Value{*change.document_uri} : Value{}, data, how.delete_at_source, how.tell,
             ms(how.now)});
        note_for_rules(session, turn, change, integer_of(rows.at(0)[0]), rules, how.now);
    }
    return true;
}

std::vector<std::int64_t> taken_over(Session& session, Id<EventSource> source, std::int64_t floor) {
    std::vector<std::int64_t> out;
    for (const auto& row : session.sql.query(
             R"(SELECT "inversion" FROM "source_change" WHERE "event_source_id" = ? AND "inversion" > ?
                ORDER BY "inversion")",
             {source.value, floor}))
        out.push_back(integer_of(row[0]));
    return out;
}

std::int64_t waiting_changes(Session& session, Id<EventSource> source, Timestamp now, std::int64_t most) {
    return integer_of(session.sql.query(
        R"(SELECT COUNT(*) FROM (SELECT 1 FROM "event_change" WHERE "state" = 'open' AND "next_attempt_at" <= ?
                                 AND "event_source_id" = ? LIMIT ?) w)",
        {ms(now), source.value, most})[0][0]);
}

std::vector<ChangeAtSource> changes_to_delete(Session& session, Id<EventSource> source, std::size_t most) {
    std::vector<ChangeAtSource> out;
    for (const auto& row : session.sql.query(
             R"(SELECT "id", "inversion" FROM "source_change" WHERE "event_source_id" = ? AND "at_source" = TRUE
                ORDER BY "id" LIMIT ?)",
             {source.value, static_cast<std::int64_t>(most)}))
        out.push_back({integer_of(row[0]), integer_of(row[1])});
    return out;
}

void note_deleted(Session& session, std::span<const ChangeAtSource> changes) {
    std::vector<std::int64_t> ids;
    for (const auto& change : changes) ids.push_back(change.id);
    change_rows_of(session, R"(UPDATE "source_change" SET "at_source" = FALSE WHERE "id" IN ({}))", std::move(ids));
}

void look_soon(Session& session, Id<EventSource> source) {
    session.sql.execute(R"(UPDATE "event_source_turn" SET "next_look" = 0, "failures" = 0 WHERE "event_source_id" = ?)",
                        {source.value});
}

void leave_at_source(Session& session, Id<EventSource> source) {
    session.sql.execute(
        R"(UPDATE "source_change" SET "at_source" = FALSE WHERE "event_source_id" = ? AND "at_source" = TRUE)",
        {source.value});
}

std::vector<ChangeToTell> changes_to_tell(Session& session, std::size_t most) {
    std::vector<ChangeToTell> out;
    for (const auto& row : session.sql.query(
             R"(SELECT c."id", c."event_source_id", s."name", c."inversion", c."evidence", c."operation", c."record_id",
                       c."document_uri", c."data"
                FROM "source_change" c JOIN "event_source" s ON s."id" = c."event_source_id"
                WHERE c."to_tell" = TRUE ORDER BY c."id" LIMIT ?)",
             {static_cast<std::int64_t>(most)})) {
        ChangeToTell each{.id = integer_of(row[0]),
                          .source = {integer_of(row[1])},
                          .source_name = std::get<std::string>(row[2]),
                          .change = {.inversion = integer_of(row[3]),
                                     .evidence = std::get<std::string>(row[4]),
                                     .operation = std::get<std::string>(row[5]),
                                     .record_id = std::get<std::string>(row[6])}};
        if (!is_null(row[7])) each.change.document_uri = std::get<std::string>(row[7]);
        if (!is_null(row[8]))
            if (auto data = parse_json(std::get<std::string>(row[8])); data && data->is_object())
                each.change.data = std::move(data->as_object());
        out.push_back(std::move(each));
    }
    return out;
}

void note_change_told(Session& session, std::int64_t change) {
    session.sql.execute(R"(UPDATE "source_change" SET "to_tell" = FALSE WHERE "id" = ?)", {change});
}

bool forget_old_changes(Session& session, Timestamp now, std::int64_t most) {
    auto& sql = session.sql;
    const auto ids_of = [&](std::string_view text, Timestamp before) {
        std::vector<std::int64_t> out;
        for (const auto& row : sql.query(text, {ms(before), most})) out.push_back(integer_of(row[0]));
        return out;
    };
    auto untold =
        ids_of(R"(SELECT "id" FROM "source_change" WHERE "to_tell" = TRUE AND "received_at" < ? LIMIT ?)", now - 24h);
    // What is above the floor says which changes are known.
    auto old = ids_of(
        R"(SELECT c."id" FROM "source_change" c WHERE c."received_at" < ?
           AND NOT EXISTS (SELECT 1 FROM "event_change" e WHERE e."source_change_id" = c."id" AND e."state" = 'open')
           AND NOT EXISTS (SELECT 1 FROM "event_source_turn" t
                           WHERE t."event_source_id" = c."event_source_id" AND t."floor" < c."inversion") LIMIT ?)",
        now - std::chrono::days{30});
    auto unused = ids_of(
        R"(SELECT c."id" FROM "source_change" c WHERE c."received_at" < ? AND c."at_source" = FALSE
           AND NOT EXISTS (SELECT 1 FROM "event_change" e WHERE e."source_change_id" = c."id")
           AND NOT EXISTS (SELECT 1 FROM "event_source_turn" t
                           WHERE t."event_source_id" = c."event_source_id" AND t."floor" < c."inversion") LIMIT ?)",
        now - 24h);
    auto done = ids_of(
        R"(SELECT c."id" FROM "source_change" c WHERE c."received_at" < ? AND c."data" IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM "event_change" e WHERE e."source_change_id" = c."id"
                           AND e."state" <> 'launched') LIMIT ?)",
        now - 24h);
    const bool all = std::ranges::all_of(std::array{untold.size(), old.size(), unused.size(), done.size()},
                                         [&](std::size_t count) { return static_cast<std::int64_t>(count) < most; });
    change_rows_of(session, R"(UPDATE "source_change" SET "to_tell" = FALSE WHERE "id" IN ({}))", std::move(untold));
    change_rows_of(session, R"(UPDATE "source_change" SET "data" = NULL WHERE "id" IN ({}))", std::move(done));
    change_rows_of(session, R"(DELETE FROM "source_change" WHERE "id" IN ({}))", std::move(unused));
    change_rows_of(session, R"(DELETE FROM "source_change" WHERE "id" IN ({}))", std::move(old));
    return all;
}

}  // namespace mf
