// SPDX-License-Identifier: MIT
#include "domain/access.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

constexpr Id<Company> acme{1}, bravo{2}, charlie{3};

constexpr Permission all_permissions[] = {
    Permission::view,         Permission::run,        Permission::edit,    Permission::manage, Permission::view_catalog,
    Permission::edit_catalog, Permission::administer, Permission::operate, Permission::own,    Permission::anyone};

}  // namespace

TEST_CASE("whoever has no role may do nothing but sign in") {
    const Rights nobody;
    for (const auto permission : all_permissions) {
        CAPTURE(name_of(permission));
        CHECK(nobody.may(permission) == (permission == Permission::anyone));
        CHECK(nobody.may(permission, acme) == (permission == Permission::anyone));
    }
}

TEST_CASE("the roles of a company include each other, and hold in this company only") {
    constexpr Permission of_company[] = {Permission::view, Permission::run, Permission::edit, Permission::manage};
    constexpr CompanyRole roles[] = {CompanyRole::viewer, CompanyRole::operator_, CompanyRole::editor,
                                     CompanyRole::manager};
    for (std::size_t i = 0; i < std::size(roles); ++i) {
        CAPTURE(name_of(roles[i]));
        Rights rights;
        rights.grant(bravo, roles[i]);
        for (std::size_t k = 0; k < std::size(of_company); ++k) {
            CAPTURE(name_of(of_company[k]));
            CHECK(rights.may(of_company[k], bravo) == (k <= i));
            CHECK_FALSE(rights.may(of_company[k], acme));
            CHECK(rights.may(of_company[k]) == (k <= i));
            CHECK_FALSE(rights.everywhere(of_company[k]));
        }
        CHECK(rights.may(Permission::view_catalog));
        CHECK(rights.may(Permission::own));
        for (const auto permission : {Permission::edit_catalog, Permission::administer, Permission::operate})
            CHECK_FALSE(rights.may(permission));
    }
}

TEST_CASE("administrators have rights in every company, other system roles in none") {
    for (std::size_t i = 0; i < names_of(SystemRole{}).size(); ++i) {
        const auto role = static_cast<SystemRole>(i);
        CAPTURE(name_of(role));
        Rights rights;
        rights.grant(role);
        const bool is_administrator = role == SystemRole::super_admin || role == SystemRole::admin;
        CHECK(rights.may(Permission::manage, acme) == is_administrator);
        CHECK(rights.may(Permission::view, charlie) == is_administrator);
        CHECK(rights.may(Permission::administer) == is_administrator);
        CHECK(rights.may(Permission::operate) == (role == SystemRole::super_admin));
        CHECK(rights.may(Permission::edit_catalog) == (is_administrator || role == SystemRole::editor));
        CHECK(rights.may(Permission::own));
    }
}

TEST_CASE("a token gives no more than its owner has, and no more than it says") {
    Rights owner;
    owner.grant(acme, CompanyRole::manager);
    owner.grant(bravo, CompanyRole::viewer);
    const PermissionSet run_only{Permission::view, Permission::run};

    const auto bounded = owner.within(run_only, std::vector<std::int64_t>{2, 3});
    CHECK(bounded.may(Permission::view, bravo));
    CHECK_FALSE(bounded.may(Permission::run, bravo));
    CHECK_FALSE(bounded.may(Permission::view, acme));
    CHECK_FALSE(bounded.may(Permission::view, charlie));
    CHECK_FALSE(bounded.may(Permission::own));

    const auto everywhere = owner.within(run_only, std::nullopt);
    CHECK(everywhere.may(Permission::run, acme));
    CHECK_FALSE(everywhere.may(Permission::manage, acme));

    Rights administrator;
    administrator.grant(SystemRole::admin);
    const auto of_one = administrator.within(PermissionSet::all(), std::vector<std::int64_t>{3});
    CHECK(of_one.may(Permission::manage, charlie));
    CHECK_FALSE(of_one.may(Permission::view, acme));
    CHECK_FALSE(of_one.everywhere(Permission::view));

    CHECK(owner.within(run_only, std::vector<std::int64_t>{}).may(Permission::view) == false);
}

TEST_CASE("the former names of roles are understood") {
    CHECK(company_role_named("admin") == CompanyRole::manager);
    CHECK(company_role_named("operator") == CompanyRole::operator_);
    CHECK_FALSE(company_role_named("owner"));
}
