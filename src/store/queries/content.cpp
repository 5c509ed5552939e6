// SPDX-License-Identifier: MIT
#include "store/queries/content.h"

namespace mf {

bool has_content(Session& session, std::string_view sha256) {
    return !session.sql.query(R"(SELECT 1 FROM "content" WHERE "sha256" = ? AND "size" >= 0)", {std::string(sha256)})
                .empty();
}

void add_content_piece(Session& session, std::string_view sha256, std::int64_t seq, std::string_view bytes) {
    if (seq == 0) {
        // A size below zero marks a content that somebody began and never finished.
        session.sql.execute(R"(DELETE FROM "content" WHERE "sha256" = ? AND "size" < 0)", {std::string(sha256)});
        session.sql.execute(R"(INSERT INTO "content" ("sha256", "size") VALUES (?, -1))", {std::string(sha256)});
    }
    session.sql.execute(R"(INSERT INTO "content_piece" ("sha256", "seq", "bytes") VALUES (?, ?, ?))",
                        {std::string(sha256), seq, Bytes{std::string(bytes)}});
}

void finish_content(Session& session, std::string_view sha256, std::int64_t size) {
    session.sql.execute(R"(UPDATE "content" SET "size" = ? WHERE "sha256" = ? AND "size" < 0)",
                        {size, std::string(sha256)});
}

std::optional<std::string> read_content_piece(Session& session, std::string_view sha256, std::int64_t seq) {
    auto rows = session.sql.query(R"(SELECT "bytes" FROM "content_piece" WHERE "sha256" = ? AND "seq" = ?)",
                                  {std::string(sha256), seq});
    if (rows.empty()) return std::nullopt;
    return std::move(std::get<Bytes>(rows[0][0]).data);
}

std::int64_t remove_unused_content(Session& session) {
    for (const auto state : {"claimed", "running"})
        if (!session.sql.query(R"(SELECT 1 FROM "job" WHERE "state" = ? LIMIT 1)", {std::string(state)}).empty())
            return 0;
    return session.sql.execute(
        R"(DELETE FROM "content" WHERE NOT EXISTS (SELECT 1 FROM "artifacts" a WHERE a."sha256" = "content"."sha256"))");
}

}  // namespace mf
