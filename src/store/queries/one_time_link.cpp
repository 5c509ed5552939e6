// SPDX-License-Identifier: MIT
#include "store/queries/one_time_link.h"

#include "secure/token.h"

namespace mf {
namespace {

constexpr std::string_view link_prefix = "mfl_";
constexpr auto link_is_good_for = std::chrono::hours{24};

}  // namespace

MadeLink make_link(Session& session, const NewLink& wanted, Timestamp now) {
    auto& sql = session.sql;
    const auto purpose = std::string(name_of(wanted.purpose));
    if (wanted.user)
        sql.execute(R"(DELETE FROM "one_time_link" WHERE "user_id" = ? AND "used_at" IS NULL)", {wanted.user->value});
    else
        sql.execute(R"(DELETE FROM "one_time_link" WHERE "purpose" = ? AND "used_at" IS NULL)", {purpose});
    const MadeLink made{new_token(link_prefix), now + link_is_good_for};
    sql.execute(
        R"(INSERT INTO "one_time_link" ("purpose", "digest", "user_id", "created_at", "expires_at") VALUES (?, ?, ?, ?, ?))",
        {purpose, token_digest(made.token), wanted.user ? Value{wanted.user->value} : Value{}, ms(now),
         ms(made.expires_at)});
    return made;
}

std::optional<NewLink> take_link(Session& session, std::string_view token, Timestamp now) {
    auto& sql = session.sql;
    const auto digest = token_digest(token);
    if (sql.execute(
            R"(UPDATE "one_time_link" SET "used_at" = ? WHERE "digest" = ? AND "used_at" IS NULL AND "expires_at" > ?)",
            {ms(now), digest, ms(now)}) != 1)
        return std::nullopt;
    const auto rows = sql.query(R"(SELECT "purpose", "user_id" FROM "one_time_link" WHERE "digest" = ?)", {digest});
    const auto purpose = enum_named<LinkPurpose>(std::get<std::string>(rows.at(0)[0]));
    if (!purpose || (*purpose != LinkPurpose::setup && is_null(rows[0][1]))) return std::nullopt;
    NewLink out{*purpose};
    if (!is_null(rows[0][1])) out.user = Id<User>{integer_of(rows[0][1])};
    return out;
}

void void_links(Session& session, Id<User> user, Timestamp now) {
    session.sql.execute(R"(UPDATE "one_time_link" SET "used_at" = ? WHERE "user_id" = ? AND "used_at" IS NULL)",
                        {ms(now), user.value});
}

bool somebody_has_a_password(Session& session) {
    return !session.sql
                .query(R"(SELECT 1 FROM "user" WHERE "password" <> '' AND "enabled" = ? AND "live" = 1 LIMIT 1)",
                       {true})
                .empty();
}

}  // namespace mf
