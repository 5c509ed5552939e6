// SPDX-License-Identifier: MIT
#include "store/queries/openid.h"

namespace mf {

std::int64_t add_openid_request(Session& session, const std::string& state_digest, const std::string& nonce,
                                Timestamp now) {
    return integer_of(session.sql.query(
        R"(INSERT INTO "oidc_request" ("state", "nonce", "created_at") VALUES (?, ?, ?) RETURNING "id")",
        {state_digest, nonce, ms(now)})[0][0]);
}

void add_openid_verifier(Session& session, std::int64_t request, const std::string& sealed) {
    session.sql.execute(R"(UPDATE "oidc_request" SET "verifier" = ? WHERE "id" = ?)", {sealed, request});
}

std::optional<OpenIdRequest> take_openid_request(Session& session, const std::string& state_digest, Timestamp after) {
    const auto rows = session.sql.query(
        R"(DELETE FROM "oidc_request" WHERE "state" = ? RETURNING "id", "nonce", "verifier", "created_at")",
        {state_digest});
    if (rows.empty() || is_null(rows[0][2]) || integer_of(rows[0][3]) <= ms(after)) return std::nullopt;
    return OpenIdRequest{integer_of(rows[0][0]), std::get<std::string>(rows[0][1]), std::get<std::string>(rows[0][2])};
}

std::optional<Id<User>> user_with_identity(Session& session, const std::string& issuer, const std::string& subject) {
    const auto rows = session.sql.query(R"(SELECT "user_id" FROM "user_identity" WHERE "issuer" = ? AND "subject" = ?)",
                                        {issuer, subject});
    if (rows.empty()) return std::nullopt;
    return Id<User>{integer_of(rows[0][0])};
}

void add_identity(Session& session, Id<User> user, const std::string& issuer, const std::string& subject,
                  Timestamp now) {
    session.sql.execute(
        R"(INSERT INTO "user_identity" ("user_id", "issuer", "subject", "created_at") VALUES (?, ?, ?, ?))",
        {user.value, issuer, subject, ms(now)});
}

}  // namespace mf
