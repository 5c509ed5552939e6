// SPDX-License-Identifier: MIT
#include "store/queries/content.h"

namespace mf {
namespace {

constexpr std::string_view not_held =
    R"(NOT EXISTS (SELECT 1 FROM "content_hold" h JOIN "job" j ON j."id" = h."job_id"
       WHERE h."content_id" = "content"."id" AND j."state" IN ('claimed', 'running')))";

std::optional<std::int64_t> id_of(Session& session, std::string_view sha256) {
    const auto rows = session.sql.query(R"(SELECT "id" FROM "content" WHERE "sha256" = ?)", {std::string(sha256)});
    return rows.empty() ? std::nullopt : std::optional(std::get<std::int64_t>(rows[0][0]));
}

void hold(Session& session, std::int64_t content, Id<Job> job) {
    if (session.sql
            .query(R"(SELECT 1 FROM "content_hold" WHERE "content_id" = ? AND "job_id" = ?)", {content, job.value})
            .empty())
        session.sql.execute(R"(INSERT INTO "content_hold" ("content_id", "job_id") VALUES (?, ?))",
                            {content, job.value});
}

}  // namespace

bool hold_content(Session& session, std::string_view sha256, Id<Job> job) {
    const auto id = id_of(session, sha256);
    if (id) hold(session, *id, job);
    return id.has_value();
}

Id<Content> begin_content(Session& session, Id<Job> job) {
    const auto id =
        std::get<std::int64_t>(session.sql.query(R"(INSERT INTO "content" ("size") VALUES (-1) RETURNING "id")")[0][0]);
    hold(session, id, job);
    return {id};
}

void add_content_piece(Session& session, Id<Content> content, std::int64_t seq, std::string_view bytes) {
    session.sql.execute(R"(INSERT INTO "content_piece" ("content_id", "seq", "bytes") VALUES (?, ?, ?))",
                        {content.value, seq, Bytes{std::string(bytes)}});
}

Result<void> finish_content(Session& session, Id<Content> content, Id<Job> job, std::string_view sha256,
                            std::int64_t size, std::int64_t pieces) {
    if (hold_content(session, sha256, job)) {
        session.sql.execute(R"(DELETE FROM "content" WHERE "id" = ?)", {content.value});
        return {};
    }
    const auto there =
        session.sql.query(R"(SELECT COUNT(*) FROM "content_piece" WHERE "content_id" = ?)", {content.value});
    if (there[0][0] != Value{pieces}) return Error{ErrorCode::conflict, "Parts of the stored content have gone."};
    try {
        session.sql.execute(R"(UPDATE "content" SET "sha256" = ?, "size" = ? WHERE "id" = ?)",
                            {std::string(sha256), size, content.value});
    } catch (const sql::DatabaseError& error) {
        // Somebody has finished the same content at this moment; the next attempt finds it.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
    return {};
}

void let_content_go(Session& session, Id<Job> job) {
    session.sql.execute(R"(DELETE FROM "content_hold" WHERE "job_id" = ?)", {job.value});
}

std::optional<std::string> read_content_piece(Session& session, std::string_view sha256, std::int64_t seq) {
    auto rows = session.sql.query(
        R"(SELECT p."bytes" FROM "content" c JOIN "content_piece" p ON p."content_id" = c."id"
           WHERE c."sha256" = ? AND p."seq" = ?)",
        {std::string(sha256), seq});
    if (rows.empty()) return std::nullopt;
    return std::move(std::get<Bytes>(rows[0][0]).data);
}

ContentPieces content_pieces_within(Session& session, std::string_view sha256, std::int64_t first_seq,
                                    std::int64_t bytes) {
    constexpr std::int64_t lengths_at_once = 1'000;
    ContentPieces out{.next_seq = first_seq};
    for (;;) {
        const auto rows = session.sql.query(
            R"(SELECT p."seq", LENGTH(p."bytes") FROM "content" c JOIN "content_piece" p ON p."content_id" = c."id"
               WHERE c."sha256" = ? AND p."seq" >= ? ORDER BY p."seq" LIMIT ?)",
            {std::string(sha256), out.next_seq, lengths_at_once});
        for (const auto& row : rows) {
            const auto length = integer_of(row[1]);
            // One that is missing is found by whoever reads on.
            if (integer_of(row[0]) != out.next_seq || length > bytes - out.bytes) return out;
            out.bytes += length;
            ++out.next_seq;
        }
        if (std::ssize(rows) < lengths_at_once) return out;
    }
}

std::vector<std::string> content_of_job(Session& session, Id<Job> job) {
    std::vector<std::string> out;
    for (auto& row : session.sql.query(
             R"(SELECT DISTINCT "sha256" FROM "artifacts" WHERE "job_id" = ? AND "kind" = 'file')", {job.value}))
        out.push_back(std::move(std::get<std::string>(row[0])));
    return out;
}

void remove_unused_content(Session& session, std::span<const std::string> digests) {
    static const std::string text =
        R"(DELETE FROM "content" WHERE "sha256" = ?
           AND NOT EXISTS (SELECT 1 FROM "artifacts" a WHERE a."sha256" = "content"."sha256" AND a."kind" = 'file') AND )" +
        std::string(not_held);
    for (const auto& digest : digests) session.sql.execute(text, {digest});
}

std::int64_t remove_abandoned_content(Session& session) {
    static const std::string text = R"(DELETE FROM "content" WHERE "sha256" IS NULL AND )" + std::string(not_held);
    return session.sql.execute(text);
}

}  // namespace mf
