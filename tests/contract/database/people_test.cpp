// SPDX-License-Identifier: MIT
#include "store/migration.h"
#include "store/queries/one_time_link.h"
#include "store/queries/openid.h"
#include "store/queries/rights.h"
#include "store/queries/role_assignments.h"
#include "store/queries/second_factor.h"
#include "store/queries/sign_in_record.h"
#include "store/records.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;
using testing::odd_moment;
using testing::on_each_database;

namespace {

User add_person(Session& session, const std::string& login) {
    User person{.login = login, .enabled = true, .created_at = odd_moment, .updated_at = odd_moment};
    REQUIRE(Repository<User>(session, Scope::everything()).insert(person));
    return person;
}

}  // namespace

TEST_CASE("roles and rights of people, on each database") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        database.write([](Session& session) {
            const auto alice = add_person(session, "alice"), bob = add_person(session, "bob");
            Company acme{.name = "Acme", .code = "acme"};
            REQUIRE(Repository<Company>(session, Scope::everything()).insert(acme));
            assign_role(session, alice.id, SystemRole::super_admin, odd_moment + 1h, bob.id, odd_moment);
            CHECK(holds_role(session, alice.id, SystemRole::super_admin, odd_moment));
            CHECK_FALSE(holds_role(session, alice.id, SystemRole::super_admin, odd_moment + 1h));
            CHECK_FALSE(is_held_by_another(session, bob.id, SystemRole::super_admin));
            assign_role(session, alice.id, SystemRole::super_admin, {}, {}, odd_moment);
            CHECK(is_held_by_another(session, bob.id, SystemRole::super_admin));
            CHECK(assigned_roles(session, alice.id).size() == 1);
            CHECK_FALSE(set_member(session, acme.id, bob.id, CompanyRole::viewer, alice.id, odd_moment));
            CHECK(set_member(session, acme.id, bob.id, CompanyRole::editor, alice.id, odd_moment) == "viewer");
            const auto rights = rights_of(session, bob.id, odd_moment);
            CHECK(rights.may(Permission::edit, acme.id));
            CHECK(rights.may(Permission::own));
            CHECK_FALSE(rights.may(Permission::administer));
            CHECK(rights_of(session, alice.id, odd_moment).may(Permission::operate));
            CHECK(remove_member(session, acme.id, bob.id) == "editor");
            take_all_access(session, alice.id, odd_moment);
            CHECK_FALSE(rights_of(session, alice.id, odd_moment).may(Permission::operate));
        });
    });
}

TEST_CASE("attempts, links, codes and sign-ins elsewhere, on each database") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        database.write([](Session& session) {
            const auto alice = add_person(session, "alice");
            const SignInParty party{"alice", "192.0.2.7"};
            const auto first = record_attempt(session, party, odd_moment),
                       second = record_attempt(session, party, odd_moment);
            CHECK(sign_in_history(session, party, odd_moment, {}).pair_failures.size() == 2);
            record_success(session, first);
            withdraw_attempt(session, second);
            const auto history = sign_in_history(session, party, odd_moment, {});
            CHECK(history.pair_failures.empty());
            CHECK(history.last_success == odd_moment);
            record_attempt(session, party, odd_moment);
            CHECK(take_unaudited_failures(session, party) == 1);
            CHECK(take_unaudited_failures(session, party) == 0);
            CHECK(last_audited_failure(session, party) == odd_moment);
            forget_old_sign_ins(session, odd_moment + std::chrono::days{100});
            CHECK(sign_in_history(session, party, odd_moment, {}).login_failures.empty());

            const auto link = make_link(session, {LinkPurpose::password, alice.id}, odd_moment);
            CHECK(take_link(session, link.token, odd_moment)->user == alice.id);
            CHECK_FALSE(take_link(session, link.token, odd_moment));
            CHECK_FALSE(somebody_has_a_password(session));

            CHECK(take_totp_step(session, alice.id, 7));
            CHECK_FALSE(take_totp_step(session, alice.id, 7));
            replace_recovery_codes(session, alice.id, {"one", "two"});
            CHECK(take_recovery_code(session, alice.id, "one", odd_moment));
            CHECK_FALSE(take_recovery_code(session, alice.id, "one", odd_moment));
            CHECK(recovery_codes_left(session, alice.id) == 1);

            const auto request = add_openid_request(session, "state", "nonce", odd_moment);
            add_openid_verifier(session, request, "sealed");
            CHECK(take_openid_request(session, "state", odd_moment - 1min)->id == request);
            CHECK_FALSE(take_openid_request(session, "state", odd_moment - 1min));
            add_identity(session, alice.id, "issuer", "subject", odd_moment);
            CHECK(user_with_identity(session, "issuer", "subject") == alice.id);
            CHECK_FALSE(user_with_identity(session, "issuer", "Subject"));
        });
    });
}
