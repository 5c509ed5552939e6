// SPDX-License-Identifier: MIT
#include "store/queries/sign_in_record.h"

#include "base/digest.h"

namespace mf {
namespace {

using namespace std::chrono_literals;

/// So long people can see what was open, and which links there were.
constexpr auto kept_to_be_seen = std::chrono::days{30};
/// So long a failure is kept at least, whatever the window is.
constexpr auto kept_failures = 24h;
/// So long somebody may take to sign in at another provider.
constexpr auto longest_way_round = 10min;

std::vector<Timestamp> moments(const sql::Rows& rows) {
    std::vector<Timestamp> out;
    for (const auto& row : rows) out.push_back(Timestamp{std::chrono::milliseconds{integer_of(row[0])}});
    return out;
}

std::optional<Timestamp> moment(const sql::Rows& rows) {
    if (rows.empty() || is_null(rows[0][0])) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{integer_of(rows[0][0])}};
}

}  // namespace

std::string recorded_login(std::string_view typed, bool somebody_has_it) {
    return somebody_has_it ? std::string(typed) : sha256_hex(typed);
}

SignInHistory sign_in_history(Session& session, const SignInParty& party, Timestamp now, const SignInLimits& limits) {
    const auto since = ms(now - 2 * limits.window);
    const auto limit = [](std::size_t number) { return static_cast<std::int64_t>(number); };
    auto& sql = session.sql;
    return {
        .pair_failures = moments(sql.query(
            R"(SELECT "at" FROM "sign_in_attempt" WHERE "login" = ? AND "address_group" = ? AND "success" = ? AND "at" > ? ORDER BY "at" DESC LIMIT ?)",
            {party.login, party.group, false, since, limit(limits.of_pair)})),
        .address_failures = moments(sql.query(
            R"(SELECT "at" FROM "sign_in_attempt" WHERE "address_group" = ? AND "success" = ? AND "at" > ? ORDER BY "at" DESC LIMIT ?)",
            {party.group, false, since, limit(limits.of_address)})),
        .login_failures = moments(sql.query(
            R"(SELECT "at" FROM "sign_in_attempt" WHERE "login" = ? AND "success" = ? AND "at" > ? ORDER BY "at" DESC LIMIT ?)",
            {party.login, false, since, limit(limits.of_login)})),
        .last_success = moment(sql.query(
            R"(SELECT MAX("at") FROM "sign_in_attempt" WHERE "login" = ? AND "address_group" = ? AND "success" = ? AND "at" > ?)",
            {party.login, party.group, true, ms(now - limits.familiar)}))};
}

std::int64_t record_attempt(Session& session, const SignInParty& party, Timestamp now) {
    return integer_of(session.sql.query(
        R"(INSERT INTO "sign_in_attempt" ("at", "login", "address_group") VALUES (?, ?, ?) RETURNING "id")",
        {ms(now), party.login, party.group})[0][0]);
}

void record_success(Session& session, std::int64_t attempt) {
    session.sql.execute(R"(UPDATE "sign_in_attempt" SET "success" = ? WHERE "id" = ?)", {true, attempt});
}

void withdraw_attempt(Session& session, std::int64_t attempt) {
    session.sql.execute(R"(DELETE FROM "sign_in_attempt" WHERE "id" = ?)", {attempt});
}

std::int64_t take_unaudited_failures(Session& session, const SignInParty& party) {
    return session.sql.execute(
        R"(UPDATE "sign_in_attempt" SET "audited" = ? WHERE "login" = ? AND "address_group" = ? AND "success" = ? AND "audited" = ?)",
        {true, party.login, party.group, false, false});
}

std::optional<Timestamp> last_audited_failure(Session& session, const SignInParty& party) {
    return moment(session.sql.query(
        R"(SELECT MAX("at") FROM "sign_in_attempt" WHERE "login" = ? AND "address_group" = ? AND "audited" = ?)",
        {party.login, party.group, true}));
}

std::int64_t end_sessions(Session& session, Id<User> user, Timestamp now, Id<LoginSession> except) {
    return session.sql.execute(
        R"(UPDATE "login_session" SET "ended_at" = ? WHERE "user_id" = ? AND "ended_at" IS NULL AND "id" <> ?)",
        {ms(now), user.value, except.value});
}

bool end_session(Session& session, const std::string& digest, Timestamp now) {
    return session.sql.execute(R"(UPDATE "login_session" SET "ended_at" = ? WHERE "digest" = ? AND "ended_at" IS NULL)",
                               {ms(now), digest}) == 1;
}

void touch_session(Session& session, Id<LoginSession> id, Timestamp now) {
    session.sql.execute(
        R"(UPDATE "login_session" SET "seen_at" = ? WHERE "id" = ? AND "seen_at" < ? AND "ended_at" IS NULL)",
        {ms(now), id.value, ms(now)});
}

void revoke_tokens(Session& session, Id<User> user, Timestamp now) {
    session.sql.execute(R"(UPDATE "token" SET "revoked_at" = ? WHERE "user_id" = ? AND "revoked_at" IS NULL)",
                        {ms(now), user.value});
}

void note_token_use(Session& session, Id<ApiToken> id, std::string_view address, Timestamp now) {
    session.sql.execute(R"(UPDATE "token" SET "last_used_at" = ?, "last_used_address" = ? WHERE "id" = ?)",
                        {ms(now), std::string(address.substr(0, 64)), id.value});
}

void forget_old_sign_ins(Session& session, Timestamp now, const SignInLimits& limits) {
    auto& sql = session.sql;
    const auto failures = std::max<std::chrono::seconds>(2 * limits.window, kept_failures);
    sql.execute(R"(DELETE FROM "sign_in_attempt" WHERE "at" < ? AND "success" = ?)", {ms(now - failures), false});
    sql.execute(R"(DELETE FROM "sign_in_attempt" WHERE "at" < ?)", {ms(now - limits.familiar)});
    sql.execute(R"(DELETE FROM "login_session" WHERE "expires_at" < ?)", {ms(now - kept_to_be_seen)});
    sql.execute(R"(DELETE FROM "login_session" WHERE "ended_at" < ?)", {ms(now - kept_to_be_seen)});
    sql.execute(R"(DELETE FROM "one_time_link" WHERE "expires_at" < ?)", {ms(now - kept_to_be_seen)});
    sql.execute(R"(DELETE FROM "data_export" WHERE "expires_at" < ?)", {ms(now - kept_to_be_seen)});
    sql.execute(R"(DELETE FROM "oidc_request" WHERE "created_at" < ?)", {ms(now - longest_way_round)});
}

}  // namespace mf
