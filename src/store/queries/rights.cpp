// SPDX-License-Identifier: MIT
#include "store/queries/rights.h"

namespace mf {

namespace {

struct Granted {
    Rights rights;
    bool is_enabled = false;
};

/// A role of the installation, or one in a company.
void grant(Rights& rights, std::string_view role, std::int64_t company) {
    if (company == 0) {
        if (const auto known = enum_named<SystemRole>(role)) rights.grant(*known);
    } else if (const auto known = company_role_named(role)) {
        rights.grant(Id<Company>{company}, *known);
    }
}

template <class T>
void read(std::optional<T>& out, const Value& value) {
    // A list that cannot be read is empty, and allows nothing.
    if (!Stored<std::optional<T>>::set(out, value)) out.emplace();
}

Granted read_granted(Session& session, Id<User> user, Timestamp now) {
    // The first part has a row for whoever may have rights at all.
    const auto rows = session.sql.query(R"(
        SELECT '' AS "role", 0 AS "company" FROM "user" u WHERE u."id" = ? AND u."enabled" = ? AND u."live" = 1
        UNION ALL SELECT r."role", 0 FROM "user_role" r
            WHERE r."user_id" = ? AND (r."expires_at" IS NULL OR r."expires_at" > ?)
        UNION ALL SELECT m."role", m."company_id" FROM "company_user" m JOIN "company" c ON c."id" = m."company_id"
            WHERE m."user_id" = ? AND c."live" = 1)",
                                        {user.value, true, user.value, ms(now), user.value});
    Granted out;
    out.rights.grant_own();
    for (const auto& row : rows) {
        const auto& role = std::get<std::string>(row[0]);
        if (role.empty())
            out.is_enabled = true;
        else
            grant(out.rights, role, integer_of(row[1]));
    }
    return out;
}

}  // namespace

Rights rights_of(Session& session, Id<User> user, Timestamp now) {
    auto granted = read_granted(session, user, now);
    return granted.is_enabled ? std::move(granted.rights) : Rights();
}

Rights granted_rights(Session& session, Id<User> user, Timestamp now) {
    return read_granted(session, user, now).rights;
}

std::optional<KnownToken> find_token(Session& session, const std::string& digest, Timestamp now) {
    const auto rows = session.sql.query(R"(
        SELECT t."id" AS "token", t."user_id", u."login", u."enabled", u."live", t."permissions", t."companies",
               t."expires_at", t."last_used_at", t."revoked_at", '' AS "role", 0 AS "company"
            FROM "token" t JOIN "user" u ON u."id" = t."user_id" WHERE t."digest" = ?
        UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, r."role", 0
            FROM "token" t JOIN "user_role" r ON r."user_id" = t."user_id"
            WHERE t."digest" = ? AND (r."expires_at" IS NULL OR r."expires_at" > ?)
        UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, m."role", m."company_id"
            FROM "token" t JOIN "company_user" m ON m."user_id" = t."user_id" JOIN "company" c ON c."id" = m."company_id"
            WHERE t."digest" = ? AND c."live" = 1)",
                                        {digest, digest, ms(now), digest});
    if (rows.empty()) return std::nullopt;
    KnownToken out;
    out.rights_of_owner.grant_own();
    for (const auto& row : rows) {
        if (is_null(row[0])) {
            grant(out.rights_of_owner, std::get<std::string>(row[10]), integer_of(row[11]));
            continue;
        }
        out.id = {integer_of(row[0])};
        out.owner = {integer_of(row[1])};
        out.login = std::get<std::string>(row[2]);
        out.owner_is_enabled = is_true(row[3]) && !is_null(row[4]);
        read(out.permissions, row[5]);
        read(out.companies, row[6]);
        read(out.expires_at, row[7]);
        read(out.last_used_at, row[8]);
        read(out.revoked_at, row[9]);
    }
    if (!out.owner_is_enabled) out.rights_of_owner = Rights();
    return out;
}

RightsNews rights_news(Session& session, std::int64_t since) {
    constexpr std::int64_t looked_through = 100;
    RightsNews out{.newest = since};
    const auto entries = session.sql.query(R"(SELECT "id", "entity" FROM "audit" WHERE "id" > ? ORDER BY "id" LIMIT ?)",
                                           {since, looked_through});
    // Entries about jobs are many, and change nobody's rights.
    for (const auto& entry : entries) {
        out.newest = integer_of(entry[0]);
        out.may_have_changed |= entry[1] != Value{std::string("job")};
    }
    if (std::ssize(entries) < looked_through) return out;
    return {true, integer_or_zero(session.sql.query(R"(SELECT MAX("id") FROM "audit")")[0][0])};
}

}  // namespace mf
