// SPDX-License-Identifier: MIT
#include "schedule/source_reader.h"

#include "base/log.h"
#include "domain/event_change.h"
#include "secure/vault.h"
#include "service/event_source_address.h"
#include "store/queries/data_keys.h"
#include "store/queries/source_change.h"
#include "store/sql/visit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// In one transaction.
constexpr int rows_at_once = 50;
/// One turn takes no more, so that the other sources have theirs.
constexpr int batches_at_once = 20;
/// A server that is gone lets others go on after this.
constexpr auto turn_held_for = 2min;
constexpr auto longest_back_off = 10min;
/// Somebody may permit it meanwhile.
constexpr auto deletion_tried_again = 1h;
/// So many of the newest numbers are compared with what is known here.
constexpr int late_numbers = 1000;
constexpr std::size_t deleted_at_once = 500;
constexpr std::size_t most_columns = 100;

/// What a source answers; its failures are not those of our database.
template <class Ask>
auto answer_of(Ask&& ask) -> Result<decltype(ask())> {
    try {
        return ask();
    } catch (const sql::DatabaseError& error) {
        return Error{ErrorCode::unavailable, error.what()};
    }
}

std::string quoted_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

std::string columns_query(sql::Dialect dialect) {
    switch (dialect) {
        case sql::Dialect::sqlite: return R"(SELECT "name" FROM pragma_table_info('changes_cache') ORDER BY "cid")";
        case sql::Dialect::postgres:
            return R"(SELECT CAST("attname" AS TEXT) FROM "pg_attribute"
                      WHERE "attrelid" = CAST('changes_cache' AS regclass) AND "attnum" > 0 AND NOT "attisdropped"
                      ORDER BY "attnum")";
        case sql::Dialect::mariadb: break;
    }
    return R"(SELECT "column_name" FROM "information_schema"."columns"
              WHERE "table_schema" = DATABASE() AND "table_name" = 'changes_cache' ORDER BY "ordinal_position")";
}

/// Where the context is longer than what is used of it, no more of it is sent.
std::string column_expression(sql::Dialect dialect, const std::string& name) {
    const auto quoted = quoted_name(name);
    if (name != "context") return quoted;
    const auto text = dialect == sql::Dialect::postgres ? fmt::format("CAST({} AS TEXT)", quoted) : quoted;
    const auto* function = dialect == sql::Dialect::sqlite ? "SUBSTR({}, 1, {})" : "LEFT({}, {})";
    return fmt::format(fmt::runtime(function), text, longest_context + 1);
}

std::chrono::milliseconds back_off(const EventSource& source, int failures) {
    const std::chrono::milliseconds interval =
        std::chrono::seconds(std::clamp<std::int64_t>(source.poll_interval, 1, 86'400));
    const auto wait = std::max<std::chrono::milliseconds>(interval, 5s) * (1 << std::min(failures, 10));
    return std::min(wait, std::max<std::chrono::milliseconds>(interval, longest_back_off));
}

}  // namespace

/// An open session with a source.
struct SourceReader::Place {
    sql::Address address;
    std::chrono::milliseconds limit{};
    std::unique_ptr<sql::Connection> session = {};
    std::vector<std::string> columns = {};
    std::string select = {};

    Result<sql::Rows> ask(const std::string& text) {
        return answer_of([&] { return session->query(text, {}); });
    }
};

struct SourceReader::Outcome {
    bool lost = false;  ///< another server looks at it, or somebody has changed it
    bool more = false;  ///< there is more to read at once
    bool taken = false;
    std::string trouble = {};
};

bool SourceReader::look(Id<EventSource> id, std::stop_token stop) {
    const auto now = clock_.now();
    auto turn = database_.write(
        [&](Session& session) { return take_turn(session, id, facts_.holder, now, now + turn_held_for); });
    if (!turn) return false;
    const auto outcome = read(*turn, std::move(stop));
    const auto& source = turn->source;
    const bool failed = !outcome.trouble.empty();
    const int failures = failed ? turn->failures + 1 : outcome.lost ? turn->failures : 0;
    const auto wait = failed         ? back_off(source, turn->failures)
                      : outcome.more ? 0ms
                                     : std::chrono::milliseconds(std::chrono::seconds(source.poll_interval));
    if (failed && turn->failures == 0)
        log::warning("an event source cannot be read, and is tried again",
                     {{"source", id.value}, {"name", source.name}, {"reason", outcome.trouble}});
    if (failures == 0 && turn->failures > 0)
        log::info("an event source is read again", {{"source", id.value}, {"name", source.name}});
    const bool read_all = !failed && !outcome.lost && !outcome.more;
    database_.write([&](Session& session) {
        end_turn(session, id, facts_.holder,
                 {.next_look = clock_.now() + wait,
                  .failures = failures,
                  .read_all_at = read_all ? std::optional(now) : std::nullopt});
    });
    return outcome.taken;
}

bool SourceReader::may_delete(Id<EventSource> source) {
    auto read_only = read_only_.lock();
    const auto found = read_only->find(source.value);
    if (found == read_only->end()) return true;
    if (clock_.now() < found->second) return false;
    read_only->erase(found);
    return true;
}

Result<SourceReader::Place> SourceReader::open(const EventSource& source) {
    std::string password;
    if (source.db_password) {
        // Another program may have sealed it with a key that is new.
        auto opened = database_.read([&](Session& session) {
            learn_data_keys(session, vault_);
            return vault_.open(*source.db_password, {"event_source", "db_password", source.id.value});
        });
        if (!opened) return opened.error();
        password = *std::move(opened);
    }
    const auto addresses = addresses_of_source(source, password);
    if (!addresses) return addresses.error();
    Place place;
    auto reached = answer_of([&] {
        ask_source(*addresses, facts_.time_limit, [&](const sql::Address& address, std::chrono::milliseconds part) {
            place.session = sql::visit(address, part);
            place.address = address;
            place.limit = part;
        });
        return true;
    });
    if (!reached) return reached.error();
    const auto columns = place.ask(columns_query(place.address.dialect));
    if (!columns) return columns.error();
    for (const auto& row : *columns)
        if (const auto* name = std::get_if<std::string>(&row.at(0))) place.columns.push_back(*name);
    for (const std::string_view needed : {"inversion", "evidence", "operation", "recordid"})
        if (std::ranges::find(place.columns, needed) == place.columns.end() || place.columns.size() > most_columns)
            return Error{ErrorCode::invalid,
                         fmt::format("It needs a table changes_cache with inversion, evidence, operation and recordid, "
                                     "and {} columns at most.",
                                     most_columns)};
    std::vector<std::string> expressions;
    for (const auto& name : place.columns) expressions.push_back(column_expression(place.address.dialect, name));
    place.select = fmt::format(R"(SELECT {} FROM "changes_cache")", fmt::join(expressions, ", "));
    return place;
}

SourceReader::Outcome SourceReader::read(SourceTurn& turn, std::stop_token stop) {
    Outcome outcome;
    auto place = open(turn.source);
    if (!place) {
        outcome.trouble = place.error().message;
        return outcome;
    }
    auto done = read_new(turn, *place, outcome, stop);
    if (done && !outcome.lost && !stop.stop_requested()) done = read_late(turn, *place, outcome);
    // A file of SQLite that is read may be taken for one that nobody writes.
    place->session.reset();
    if (done && !outcome.lost && may_delete(turn.source.id)) done = delete_taken(turn.source, *place, stop);
    if (!done) outcome.trouble = done.error().message;
    return outcome;
}

Result<void> SourceReader::read_new(SourceTurn& turn, Place& place, Outcome& outcome, std::stop_token stop) {
    for (int batch = 0; batch < batches_at_once; ++batch) {
        if (stop.stop_requested()) return {};
        const auto waiting = database_.read(
            [&](Session& session) { return waiting_changes(session, turn.source.id, clock_.now(), most_waiting); });
        if (waiting >= most_waiting) return {};
        const auto known = turn.source.last_processed_id;
        const auto rows = place.ask(fmt::format(R"({} WHERE "inversion" > {} ORDER BY "inversion" LIMIT {})",
                                                place.select, known, rows_at_once));
        if (!rows) return rows.error();
        if (rows->empty()) return {};
        if (auto taken = take(turn, place, *rows, known, outcome); !taken || outcome.lost) return taken;
        if (turn.source.last_processed_id == known)
            return invalid("The numbers of its changes (inversion) are no whole numbers.");
        if (rows->size() < rows_at_once) return {};
    }
    outcome.more = true;
    return {};
}

/// What was committed at the source after changes with greater numbers.
Result<void> SourceReader::read_late(SourceTurn& turn, Place& place, Outcome& outcome) {
    const auto known = turn.source.last_processed_id;
    if (turn.floor >= known) return {};
    const auto rows =
        place.ask(fmt::format(R"(SELECT "inversion" FROM "changes_cache" WHERE "inversion" > {} AND "inversion" <= {}
                       ORDER BY "inversion" DESC LIMIT {})",
                              turn.floor, known, late_numbers));
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    const auto taken =
        database_.read([&](Session& session) { return taken_over(session, turn.source.id, turn.floor); });
    std::vector<std::int64_t> late;
    for (const auto& row : *rows)
        if (const auto* number = std::get_if<std::int64_t>(&row.at(0));
            number && !std::ranges::binary_search(taken, *number))
            late.push_back(*number);
    if (late.empty()) return {};
    const auto found = place.ask(fmt::format(R"({} WHERE "inversion" IN ({}) ORDER BY "inversion" LIMIT {})",
                                             place.select, fmt::join(late, ","), rows_at_once));
    if (!found) return found.error();
    outcome.more = outcome.more || late.size() > rows_at_once;
    return take(turn, place, *found, turn.floor, outcome);
}

/// Takes over what of the rows has a number above `least`.
Result<void> SourceReader::take(SourceTurn& turn, Place& place, const sql::Rows& rows, std::int64_t least,
                                Outcome& outcome) {
    std::vector<ToldChange> changes;
    auto position = turn.source.last_processed_id;
    for (const auto& row : rows) {
        auto change = told_change(place.columns, row);
        if (!change || change->inversion <= least) continue;
        if (!changes.empty() && changes.back().inversion == change->inversion) {
            log::warning("an event source has several changes with the same number; the first one counts",
                         {{"source", turn.source.id.value}, {"inversion", change->inversion}});
            continue;
        }
        if (!change->flaw.empty())
            log::warning(
                "a change of an event source cannot be used",
                {{"source", turn.source.id.value}, {"inversion", change->inversion}, {"reason", change->flaw}});
        position = std::max(position, change->inversion);
        changes.push_back(*std::move(change));
    }
    if (changes.empty()) return {};
    const auto now = clock_.now();
    const auto kept = database_.write([&](Session& session) -> Result<void> {
        if (take_over(session, turn, changes,
                      {.holder = facts_.holder,
                       .now = now,
                       .held_until = now + turn_held_for,
                       .position = position,
                       .delete_at_source = may_delete(turn.source.id),
                       .tell = facts_.tell_node_red}))
            return {};
        return Error{ErrorCode::conflict, "The event source was changed, or is looked at by another server."};
    });
    if (!kept) {
        outcome.lost = true;
        return {};
    }
    turn.source.last_processed_id = position;
    outcome.taken = true;
    return {};
}

Result<void> SourceReader::delete_taken(const EventSource& source, const Place& place, std::stop_token stop) {
    std::unique_ptr<sql::Connection> session;
    while (!stop.stop_requested()) {
        const auto changes =
            database_.read([&](Session& own) { return changes_to_delete(own, source.id, deleted_at_once); });
        if (changes.empty()) return {};
        std::vector<std::int64_t> numbers;
        for (const auto& change : changes) numbers.push_back(change.inversion);
        std::optional<std::string> prohibition;
        auto deleted = answer_of([&] {
            try {
                if (!session) session = sql::visit_to_change(place.address, place.limit);
                session->execute(
                    fmt::format(R"(DELETE FROM "changes_cache" WHERE "inversion" IN ({}))", fmt::join(numbers, ",")));
            } catch (const sql::DatabaseError& error) {
                using enum sql::DatabaseError::Kind;
                if (error.kind == lost || error.kind == busy || error.kind == uncertain || error.kind == full) throw;
                prohibition = error.what();
            }
            return true;
        });
        if (!deleted) return deleted.error();
        if (prohibition) {
            log::warning("changes cannot be deleted at their event source, which goes on with last_processed_id",
                         {{"source", source.id.value}, {"name", source.name}, {"reason", *prohibition}});
            (*read_only_.lock())[source.id.value] = clock_.now() + deletion_tried_again;
            database_.write([&](Session& own) { leave_at_source(own, source.id); });
            return {};
        }
        database_.write([&](Session& own) { note_deleted(own, changes); });
    }
    return {};
}

}  // namespace mf
