// SPDX-License-Identifier: MIT
#include "store/queries/push.h"

namespace mf {

std::optional<PushState> hold_push(Session& session, std::string_view name, std::string_view holder, Timestamp now,
                                   Timestamp until, const PushState& first) {
    auto& sql = session.sql;
    const std::string text(name), mine(holder);
    if (sql.query(R"(SELECT 1 FROM "push" WHERE "name" = ?)", {text}).empty())
        sql.execute(
            R"(INSERT INTO "push" ("name", "position", "digest", "holder", "held_until") VALUES (?, ?, ?, ?, ?))",
            {text, first.position, first.digest, mine, ms(until)});
    else if (sql.execute(
                 R"(UPDATE "push" SET "holder" = ?, "held_until" = ?
                    WHERE "name" = ? AND ("holder" = ? OR "held_until" <= ?))",
                 {mine, ms(until), text, mine, ms(now)}) != 1)
        return std::nullopt;
    const auto rows = sql.query(R"(SELECT "position", "digest" FROM "push" WHERE "name" = ?)", {text});
    return PushState{integer_of(rows.at(0)[0]), std::get<std::string>(rows[0][1])};
}

bool note_pushed(Session& session, std::string_view name, std::string_view holder, const PushState& state) {
    return session.sql.execute(R"(UPDATE "push" SET "position" = ?, "digest" = ? WHERE "name" = ? AND "holder" = ?)",
                               {state.position, state.digest, std::string(name), std::string(holder)}) == 1;
}

void release_push(Session& session, std::string_view name, std::string_view holder) {
    session.sql.execute(R"(UPDATE "push" SET "held_until" = ? WHERE "name" = ? AND "holder" = ?)",
                        {std::int64_t{0}, std::string(name), std::string(holder)});
}

}  // namespace mf
