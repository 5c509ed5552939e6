// SPDX-License-Identifier: MIT
#include "store/queries/rights.h"

#include "support/moment.h"
#include "support/world.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::test_time;

namespace {

struct PeopleWorld : testing::World {
    PeopleWorld() : World(test_time) {}
    User alice = add(User{.login = "alice", .enabled = true, .created_at = test_time});

    void system_role(std::string_view role, std::optional<Timestamp> expires = {}) {
        database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "user_role" ("user_id", "role", "assigned_at", "expires_at") VALUES (?, ?, ?, ?))",
                {alice.id.value, std::string(role), ms(test_time), expires ? Value{ms(*expires)} : Value{}});
        });
    }
    void company_role(Id<Company> of, std::string_view role) {
        database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "company_user" ("company_id", "user_id", "role", "created_at") VALUES (?, ?, ?, ?))",
                {of.value, alice.id.value, std::string(role), ms(test_time)});
        });
    }
    Rights rights(Timestamp now = test_time) {
        return database.read([&](Session& session) { return rights_of(session, alice.id, now); });
    }
};

}  // namespace

TEST_CASE("rights follow from the roles that somebody has") {
    using enum Permission;
    PeopleWorld world;
    const auto bravo = world.add_company("bravo");
    CHECK(world.rights().may(own));
    CHECK_FALSE(world.rights().may(view));
    CHECK_FALSE(world.rights().may(view_catalog));
    world.company_role(world.company.id, "operator");
    CHECK(world.rights().may(run, world.company.id));
    CHECK_FALSE(world.rights().may(edit, world.company.id));
    CHECK_FALSE(world.rights().may(view, bravo.id));
    world.company_role(bravo.id, "admin");
    CHECK(world.rights().may(manage, bravo.id));
    CHECK_FALSE(world.rights().may(administer));
    world.system_role("admin");
    CHECK(world.rights().may(administer));
    CHECK(world.rights().may(manage, world.company.id));
    CHECK_FALSE(world.rights().may(operate));
}

TEST_CASE("assignments that have expired, words that nobody knows, and retired companies give nothing") {
    using enum Permission;
    PeopleWorld world;
    world.system_role("super_admin", test_time + std::chrono::hours(1));
    world.system_role("emperor");
    world.company_role(world.company.id, "viewer");
    CHECK(world.rights().may(operate));
    CHECK(world.rights(test_time + std::chrono::hours(1) - std::chrono::milliseconds(1)).may(operate));
    const auto later = world.rights(test_time + std::chrono::hours(1));
    CHECK_FALSE(later.may(operate));
    CHECK(later.may(view, world.company.id));
    world.change(world.company.id, [](Company& company) { company.live.reset(); });
    CHECK_FALSE(world.rights(test_time + std::chrono::hours(1)).may(view));
}

TEST_CASE("who is disabled, deleted or unknown has no rights, whatever the roles") {
    PeopleWorld world;
    world.system_role("super_admin");
    world.company_role(world.company.id, "manager");
    world.change(world.alice.id, [](User& user) { user.enabled = false; });
    const auto nothing = [](const Rights& rights) {
        for (const auto permission : {Permission::view, Permission::own, Permission::operate})
            if (rights.may(permission)) return false;
        return rights.companies().empty();
    };
    CHECK(nothing(world.rights()));
    world.change(world.alice.id, [](User& user) {
        user.enabled = true;
        user.live.reset();
    });
    CHECK(nothing(world.rights()));
    world.database.read([&](Session& session) { CHECK(nothing(rights_of(session, {77}, test_time))); });
}
