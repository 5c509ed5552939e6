// SPDX-License-Identifier: MIT
#pragma once

#include "domain/data_export.h"
#include "domain/erasure.h"
#include "support/people_desk.h"

#include <fmt/format.h>

namespace mf::testing {

// What the tests of all operations need of people: see tenancy_test.cpp.

inline constexpr const char* other_good_password = "Jx5&wBhT@n";
inline constexpr const char* invitation = "mfl_an invitation for the tests";
inline constexpr const char* export_link = "mfe_an export for the tests";

/// What is there once in an installation: the one who asks ("tester") has a password, a token and a secret for an
/// authenticator program that is not in use yet, and may fetch what is stored about him; somebody is invited.
struct FurnishedAccount {
    explicit FurnishedAccount(Desk& desk) {
        desk.change(desk.user, [&](User& tester) {
            tester.password = hash_password(good_password, cheap);
            tester.totp = desk.vault.seal(totp_secret, {"user", "totp", tester.id.value});
        });
        token = desk.add(ApiToken{.user_id = desk.user,
                                  .name = "robot",
                                  .digest = token_digest("mfx_of the tests"),
                                  .shown = "mfx_of t",
                                  .permissions = {},
                                  .companies = {},
                                  .created_at = desk.moment,
                                  .expires_at = {},
                                  .last_used_at = {},
                                  .last_used_address = {},
                                  .revoked_at = {}})
                    .id.value;
        desk.add(DataExport{.user_id = desk.user,
                            .digest = token_digest(export_link),
                            .created_at = desk.moment,
                            .expires_at = desk.moment + std::chrono::hours(1)});
        const auto invited = desk.add(User{.login = "invited", .enabled = true, .created_at = desk.moment}).id;
        approved_erasure = desk.add(ErasureRequest{.user_id = invited,
                                                   .requested_by = desk.user,
                                                   .requested_at = desk.moment,
                                                   .status = ErasureStatus::approved,
                                                   .reviewed_by = desk.user,
                                                   .reviewed_at = desk.moment,
                                                   .review_notes = {},
                                                   .completed_at = {}})
                               .id.value;
        desk.database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "one_time_link" ("purpose", "digest", "user_id", "created_at", "expires_at") VALUES ('invitation', ?, ?, ?, ?))",
                {token_digest(invitation), invited.value, ms(desk.moment), ms(desk.moment + std::chrono::hours(1))});
        });
    }
    std::int64_t token = 0;
    std::int64_t approved_erasure = 0;  ///< of what is known about the invited one
};

/// Somebody who works for a company only.
inline Id<User> furnish_member(Desk& desk, const Company& of) {
    const auto member = desk.add(User{.login = fmt::format("{} member", of.code),
                                      .email = fmt::format("member@{}.example", of.code),
                                      .enabled = true,
                                      .created_at = desk.moment})
                            .id;
    desk.database.write([&](Session& session) {
        session.sql.execute(
            R"(INSERT INTO "company_user" ("company_id", "user_id", "role", "created_at") VALUES (?, ?, 'viewer', ?))",
            {of.id.value, member.value, ms(desk.moment)});
    });
    return member;
}

/// The value with which an operation reaches the account or the member; null: the field is not about people.
inline json::value value_about_people(std::string_view operation, std::string_view field, std::int64_t token,
                                      Id<User> member) {
    const bool about_roles = operation.starts_with("user-role:") || operation.starts_with("user-company:");
    if (field == "id" && operation.starts_with("user:")) return member.value;
    if (field == "id" && operation.starts_with("token:")) return token;
    if (field == "user_id" && about_roles) return member.value;
    if (field == "roles" && operation == "user-role:set") return json::array{"user"};
    if (field == "role" && operation.starts_with("user-company:")) return "operator";
    if (field == "code" && operation == "account:totp-confirm") return code_now;
    if (field == "token" && operation == "account:setup") return invitation;
    if (field == "token" && operation == "account:export-download") return export_link;
    if (field == "user_login" && operation == "user-erasure:create") return "tester";
    if (operation == "user:create" && field == "login") return "newcomer";
    if (operation == "user:create" && field == "email") return "newcomer@example.com";
    if (operation == "user:update" && field == "firstname") return "changed";
    if (!operation.starts_with("user:") && !operation.starts_with("account:")) return nullptr;
    if (field == "current") return good_password;
    if (field == "password" || field == "plaintext") return other_good_password;
    return nullptr;
}

}  // namespace mf::testing
