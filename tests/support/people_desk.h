// SPDX-License-Identifier: MIT
#pragma once

#include "secure/token.h"
#include "service/sign_in.h"
#include "service/token_caller.h"
#include "support/desk.h"

namespace mf::testing {

/// Keeps to the rules for passwords.
inline constexpr const char* good_password = "Vd7!kqPz#w";

/// The secret of an authenticator program, and its codes around test_time (02:00): of the steps one before, now, one
/// behind.
inline constexpr const char* totp_secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
inline constexpr const char* code_before = "558771";
inline constexpr const char* code_now = "884677";
inline constexpr const char* code_behind = "813092";

/// An installation with somebody who can sign in.
struct PeopleDesk : Desk {
    User add_person(const std::string& login, bool with_password = true) {
        return add(User{.login = login,
                        .enabled = true,
                        .created_at = moment,
                        .password = with_password ? hash_password(good_password, cheap) : std::string(),
                        .updated_at = moment});
    }
    void grant(const User& to, SystemRole role) {
        database.write([&](Session& session) {
            session.sql.execute(R"(INSERT INTO "user_role" ("user_id", "role", "assigned_at") VALUES (?, ?, ?))",
                                {to.id.value, std::string(name_of(role)), ms(moment)});
        });
    }
    void grant(const User& to, Id<Company> in, CompanyRole role) {
        database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "company_user" ("company_id", "user_id", "role", "created_at") VALUES (?, ?, ?, ?))",
                {in.value, to.id.value, std::string(name_of(role)), ms(moment)});
        });
    }
    void turn_totp_on(const User& of) {
        change(of.id, [&](User& person) {
            person.totp = vault.seal(totp_secret, {"user", "totp", person.id.value});
            person.totp_enabled = true;
        });
    }
    /// The number of entries of the audit log with this action.
    std::int64_t audited(std::string_view action) {
        return number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = ?)", {std::string(action)});
    }
};

}  // namespace mf::testing
