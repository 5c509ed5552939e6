// SPDX-License-Identifier: MIT
#include "store/queries/job_change.h"

#include "store/rows_of.h"

#include <fmt/format.h>
#include <limits>

namespace mf {
namespace {

constexpr std::string_view change_columns =
    R"("id", "company_id", "job_id", "runtemplate_id", "kind", "state", "exitcode", "changed_at")";

Value exit_code_value(const std::optional<std::int64_t>& code) { return code ? Value{*code} : Value{}; }

template <class E>
E word_of(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    const auto known = text ? enum_named<E>(*text) : std::nullopt;
    if (!known)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other,
                                 "The table job_change holds a word that this version does not know.");
    return *known;
}

JobChange change_of(const sql::Row& row) {
    return {.id = integer_of(row[0]),
            .company = {integer_of(row[1])},
            .job = {integer_of(row[2])},
            .run_template = {integer_of(row[3])},
            .kind = word_of<JobChangeKind>(row[4]),
            .state = word_of<JobState>(row[5]),
            .exitcode = is_null(row[6]) ? std::nullopt : std::optional(integer_of(row[6])),
            .at = Timestamp{std::chrono::milliseconds{integer_of(row[7])}}};
}

}  // namespace

void note_changes(Session& session, std::span<const JobChange> changes) {
    constexpr std::size_t most = 64;  // so many lengths of text at most
    for (; !changes.empty(); changes = changes.subspan(std::min(most, changes.size()))) {
        // The rows are counted before the statement runs: of a SELECT nobody knows how many it has, and MariaDB then
        // takes more ids than it uses.
        std::string text =
            R"(INSERT INTO "job_change" ("company_id", "job_id", "runtemplate_id", "kind", "state", "exitcode", "changed_at") VALUES )";
        std::vector<Value> parameters;
        for (const JobChange& change : changes.first(std::min(most, changes.size()))) {
            text += parameters.empty() ? "(?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?)";
            parameters.emplace_back(change.company.value);
            parameters.emplace_back(change.job.value);
            parameters.emplace_back(change.run_template.value);
            parameters.emplace_back(std::string(name_of(change.kind)));
            parameters.emplace_back(std::string(name_of(change.state)));
            parameters.push_back(exit_code_value(change.exitcode));
            parameters.emplace_back(ms(change.at));
        }
        try {
            session.sql.execute(text, parameters);
        } catch (const sql::DatabaseError& error) {
            if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
            throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
        }
    }
}

void note_change(Session& session, JobChangeKind kind, const Job& job, Timestamp at) {
    const JobChange change{.company = job.company_id,
                           .job = job.id,
                           .run_template = job.runtemplate_id,
                           .kind = kind,
                           .state = job.state,
                           .exitcode = job.exitcode,
                           .at = at};
    note_changes(session, {&change, 1});
}

void note_changes(Session& session, JobChangeKind kind, const std::map<std::int64_t, Timestamp>& jobs) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, at] : jobs) ids.push_back(id);
    std::vector<JobChange> changes;
    rows_of(session,
            R"(SELECT "company_id", "id", "runtemplate_id", "state", "exitcode" FROM "job" WHERE "id" IN ({}))",
            std::move(ids), [&](const sql::Row& row) {
                changes.push_back({.company = {integer_of(row[0])},
                                   .job = {integer_of(row[1])},
                                   .run_template = {integer_of(row[2])},
                                   .kind = kind,
                                   .state = word_of<JobState>(row[3]),
                                   .exitcode = is_null(row[4]) ? std::nullopt : std::optional(integer_of(row[4])),
                                   .at = jobs.at(integer_of(row[1]))});
            });
    note_changes(session, changes);
}

std::vector<JobChange> read_changes(Session& session, std::int64_t after, std::int64_t until, std::int64_t most) {
    static const std::string text = fmt::format(
        R"(SELECT {} FROM "job_change" WHERE "id" > ? AND "id" <= ? ORDER BY "id" LIMIT ?)", change_columns);
    std::vector<JobChange> out;
    for (const auto& row : session.sql.query(text, {after, until, most})) out.push_back(change_of(row));
    return out;
}

ChangeBounds change_bounds(Session& session) {
    // Two lookups in the key; in one statement SQLite would read the whole table.
    return {integer_or_zero(session.sql.query(R"(SELECT MIN("id") FROM "job_change")")[0][0]),
            integer_or_zero(session.sql.query(R"(SELECT MAX("id") FROM "job_change")")[0][0])};
}

std::int64_t settled_end(Session& session, Timestamp now, std::chrono::milliseconds longest) {
    constexpr std::int64_t at_once = 2000;
    auto end = change_bounds(session).newest;
    std::optional<std::int64_t> above;
    for (auto below = end + 1;;) {
        const auto rows = session.sql.query(
            R"(SELECT "id", "changed_at" FROM "job_change" WHERE "id" < ? ORDER BY "id" DESC LIMIT ?)",
            {below, at_once});
        for (const auto& row : rows) {
            below = integer_of(row[0]);
            if (above && *above - below > 1) end = below;
            above = below;
            // What is missing before a row that is older than every transaction will not come any more.
            if (integer_of(row[1]) < ms(now - longest)) return end;
        }
        if (std::ssize(rows) < at_once) break;
    }
    // The table is young; of one that was pruned the oldest row is not.
    return above && *above > 1 ? 0 : end;
}

void void_change(Database& database, std::int64_t id, Timestamp now) {
    try {
        database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "job_change" ("id", "company_id", "job_id", "runtemplate_id", "kind", "state", "changed_at") VALUES (?, 0, 0, 0, 'nothing', 'pending', ?))",
                {id, ms(now)});
        });
    } catch (const sql::DatabaseError& error) {
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
    }
}

bool no_change_is_open(Database& database) {
    // Whoever has changed the table keeps a lock of it until the end of the transaction; ids are given after that lock.
    try {
        database.read([](Session& session) {
            switch (session.sql.dialect()) {
                // One writer at a time: who sees a larger id sees all smaller ones.
                case sql::Dialect::sqlite: return;
                case sql::Dialect::postgres:
                    session.sql.begin();
                    try {
                        session.sql.execute(R"(LOCK TABLE "job_change" IN SHARE MODE NOWAIT)");
                        session.sql.commit();
                    } catch (...) {
                        session.sql.rollback();
                        throw;
                    }
                    return;
                case sql::Dialect::mariadb:
                    session.sql.execute(R"(LOCK TABLES "job_change" READ NOWAIT)");
                    session.sql.execute("UNLOCK TABLES");
                    return;
            }
        });
        return true;
    } catch (const sql::DatabaseError& error) {
        using enum sql::DatabaseError::Kind;
        if (error.kind == busy || error.kind == refused) return false;
        throw;
    }
}

bool prune_changes(Session& session, Timestamp before, std::int64_t most, std::int64_t at_once) {
    const auto newest = change_bounds(session).newest;
    const auto rows = session.sql.query(
        R"(SELECT "id", "changed_at" FROM "job_change" WHERE "id" < ? ORDER BY "id" LIMIT ?)", {newest, at_once});
    std::int64_t last = 0;
    std::int64_t counted = 0;
    for (const auto& row : rows) {
        if (integer_of(row[1]) >= ms(before) && integer_of(row[0]) > newest - most) break;
        last = integer_of(row[0]);
        ++counted;
    }
    if (counted > 0) session.sql.execute(R"(DELETE FROM "job_change" WHERE "id" <= ?)", {last});
    return counted < at_once;
}

}  // namespace mf
