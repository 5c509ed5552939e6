// SPDX-License-Identifier: MIT
#include "store/queries/idempotency.h"

namespace mf {

std::optional<AnsweredRequest> find_answered(Session& session, Id<User> user, const std::string& key) {
    const auto rows = session.sql.query(
        R"(SELECT "id", "request", "answer" FROM "idempotency" WHERE "user_id" = ? AND "request_key" = ? AND "answer" IS NOT NULL)",
        {user.value, key});
    if (rows.empty()) return std::nullopt;
    return AnsweredRequest{integer_of(rows[0][0]), std::get<std::string>(rows[0][1]),
                           std::get<std::string>(rows[0][2])};
}

std::int64_t note_request(Session& session, Id<User> user, const std::string& key, const std::string& request,
                          Timestamp now) {
    try {
        return integer_of(session.sql.query(
            R"(INSERT INTO "idempotency" ("user_id", "request_key", "request", "created_at") VALUES (?, ?, ?, ?) RETURNING "id")",
            {user.value, key, request, ms(now)})[0][0]);
    } catch (const sql::DatabaseError& error) {
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

void note_answer(Session& session, std::int64_t id, const std::string& sealed) {
    session.sql.execute(R"(UPDATE "idempotency" SET "answer" = ? WHERE "id" = ?)", {sealed, id});
}

void forget_old_answers(Session& session, Timestamp now) {
    session.sql.execute(R"(DELETE FROM "idempotency" WHERE "created_at" < ?)", {ms(now - std::chrono::hours{24})});
}

}  // namespace mf
