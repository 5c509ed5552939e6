// SPDX-License-Identifier: MIT
#include "store/queries/rights.h"

namespace mf {

namespace {

struct Granted {
    Rights rights;
    bool is_enabled = false;
};

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
        const auto company = integer_of(row[1]);
        if (role.empty()) {
            out.is_enabled = true;
        } else if (company == 0) {
            if (const auto known = enum_named<SystemRole>(role)) out.rights.grant(*known);
        } else if (const auto known = company_role_named(role)) {
            out.rights.grant(Id<Company>{company}, *known);
        }
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
