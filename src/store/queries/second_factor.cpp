// SPDX-License-Identifier: MIT
#include "store/queries/second_factor.h"

namespace mf {

bool take_totp_step(Session& session, Id<User> user, std::int64_t step) {
    return session.sql.execute(
               R"(UPDATE "user" SET "totp_last_step" = ? WHERE "id" = ? AND ("totp_last_step" IS NULL OR "totp_last_step" < ?))",
               {step, user.value, step}) == 1;
}

void replace_recovery_codes(Session& session, Id<User> user, const std::vector<std::string>& digests) {
    session.sql.execute(R"(DELETE FROM "recovery_code" WHERE "user_id" = ?)", {user.value});
    for (const auto& digest : digests)
        session.sql.execute(R"(INSERT INTO "recovery_code" ("user_id", "digest") VALUES (?, ?))", {user.value, digest});
}

bool take_recovery_code(Session& session, Id<User> user, const std::string& digest, Timestamp now) {
    return session.sql.execute(
               R"(UPDATE "recovery_code" SET "used_at" = ? WHERE "user_id" = ? AND "digest" = ? AND "used_at" IS NULL)",
               {ms(now), user.value, digest}) == 1;
}

std::int64_t recovery_codes_left(Session& session, Id<User> user) {
    return integer_of(session.sql.query(
        R"(SELECT COUNT(*) FROM "recovery_code" WHERE "user_id" = ? AND "used_at" IS NULL)", {user.value})[0][0]);
}

}  // namespace mf
