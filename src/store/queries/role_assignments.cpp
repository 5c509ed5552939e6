// SPDX-License-Identifier: MIT
#include "store/queries/role_assignments.h"

#include "store/queries/sign_in_record.h"

namespace mf {
namespace {

std::optional<Timestamp> moment_of(const Value& value) {
    if (is_null(value)) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{integer_of(value)}};
}

Value value_of(Id<User> user) { return user.value == 0 ? Value{} : Value{user.value}; }

std::optional<std::string> member_role(Session& session, Id<Company> company, Id<User> user) {
    const auto rows = session.sql.query(R"(SELECT "role" FROM "company_user" WHERE "company_id" = ? AND "user_id" = ?)",
                                        {company.value, user.value});
    if (rows.empty()) return std::nullopt;
    return std::get<std::string>(rows[0][0]);
}

}  // namespace

std::vector<AssignedRole> assigned_roles(Session& session, Id<User> user) {
    std::vector<AssignedRole> out;
    for (const auto& row : session.sql.query(
             R"(SELECT "id", "role", "assigned_at", "expires_at" FROM "user_role" WHERE "user_id" = ? ORDER BY "role")",
             {user.value}))
        out.push_back({integer_of(row[0]), std::get<std::string>(row[1]), *moment_of(row[2]), moment_of(row[3])});
    return out;
}

void assign_role(Session& session, Id<User> user, SystemRole role, std::optional<Timestamp> expires, Id<User> by,
                 Timestamp now) {
    const auto end = expires ? Value{ms(*expires)} : Value{};
    const auto name = std::string(name_of(role));
    if (session.sql.execute(R"(UPDATE "user_role" SET "expires_at" = ? WHERE "user_id" = ? AND "role" = ?)",
                            {end, user.value, name}) == 0)
        session.sql.execute(
            R"(INSERT INTO "user_role" ("user_id", "role", "assigned_by", "assigned_at", "expires_at") VALUES (?, ?, ?, ?, ?))",
            {user.value, name, value_of(by), ms(now), end});
}

void take_role(Session& session, Id<User> user, std::string_view role) {
    session.sql.execute(R"(DELETE FROM "user_role" WHERE "user_id" = ? AND "role" = ?)",
                        {user.value, std::string(role)});
}

bool holds_role(Session& session, Id<User> user, SystemRole role, Timestamp now) {
    return !session.sql
                .query(R"(SELECT 1 FROM "user_role" r JOIN "user" u ON u."id" = r."user_id" WHERE r."user_id" = ?
                    AND r."role" = ? AND (r."expires_at" IS NULL OR r."expires_at" > ?) AND u."enabled" = ? AND u."live" = 1)",
                       {user.value, std::string(name_of(role)), ms(now), true})
                .empty();
}

bool is_held_by_another(Session& session, Id<User> than, SystemRole role) {
    return !session.sql
                .query(R"(SELECT 1 FROM "user_role" r JOIN "user" u ON u."id" = r."user_id" WHERE r."user_id" <> ?
                    AND r."role" = ? AND r."expires_at" IS NULL AND u."enabled" = ? AND u."live" = 1 LIMIT 1)",
                       {than.value, std::string(name_of(role)), true})
                .empty();
}

std::optional<std::string> set_member(Session& session, Id<Company> company, Id<User> user, CompanyRole role,
                                      Id<User> by, Timestamp now) {
    auto before = member_role(session, company, user);
    const auto name = std::string(name_of(role));
    if (before)
        session.sql.execute(
            R"(UPDATE "company_user" SET "role" = ?, "assigned_by" = ? WHERE "company_id" = ? AND "user_id" = ?)",
            {name, value_of(by), company.value, user.value});
    else
        session.sql.execute(
            R"(INSERT INTO "company_user" ("company_id", "user_id", "role", "assigned_by", "created_at") VALUES (?, ?, ?, ?, ?))",
            {company.value, user.value, name, value_of(by), ms(now)});
    return before;
}

std::optional<std::string> remove_member(Session& session, Id<Company> company, Id<User> user) {
    auto before = member_role(session, company, user);
    if (before)
        session.sql.execute(R"(DELETE FROM "company_user" WHERE "company_id" = ? AND "user_id" = ?)",
                            {company.value, user.value});
    return before;
}

void take_all_access(Session& session, Id<User> user, Timestamp now) {
    end_sessions(session, user, now);
    for (const auto* statement :
         {R"(DELETE FROM "user_role" WHERE "user_id" = ?)", R"(DELETE FROM "company_user" WHERE "user_id" = ?)",
          R"(DELETE FROM "token" WHERE "user_id" = ?)", R"(DELETE FROM "recovery_code" WHERE "user_id" = ?)",
          R"(DELETE FROM "one_time_link" WHERE "user_id" = ?)", R"(DELETE FROM "user_identity" WHERE "user_id" = ?)",
          R"(DELETE FROM "data_export" WHERE "user_id" = ?)"})
        session.sql.execute(statement, {user.value});
}

}  // namespace mf
