// SPDX-License-Identifier: MIT
#include "service/standing_access.h"

#include "support/manual_clock.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct AccessDesk : testing::PeopleDesk {
    testing::ManualClock clock{moment};
    SignIn sign_in{database, vault, {.cost = testing::cheap}};
    StandingAccess access{database, sign_in, clock};
    User alice = add_person("alice");

    AccessDesk() {
        testing::must(
            run("user-company:assign", {{"company_id", company.id.value}, {"login", "alice"}, {"role", "viewer"}}));
    }
    /// Only what is audited is looked at.
    void look() { access.look(24h); }
    bool sees(const StandingAccess::Holder& holder) { return holder.rights.may(Permission::view, company.id); }
};

}  // namespace

TEST_CASE("whose role is taken away sees no more, at the next look") {
    AccessDesk desk;
    const auto made = testing::must(desk.run("token:create", {{"user", "alice"}, {"name", "robot"}}));
    const auto proof = AccessProof::of_token(made.at("token").as_string());
    const auto holder = desk.access.hold(proof);
    CHECK(desk.access.hold(proof) == holder);
    CHECK_FALSE(desk.sees(*holder));
    desk.look();
    CHECK(desk.sees(*holder));
    SUBCASE("taken away") {
        testing::must(desk.run("user-company:unassign", {{"company_id", desk.company.id.value}, {"login", "alice"}}));
        CHECK(desk.sees(*holder));
        desk.look();
        CHECK_FALSE(desk.sees(*holder));
        CHECK_FALSE(holder->has_ended);
    }
    SUBCASE("the token is revoked") {
        testing::must(desk.run("token:revoke", {{"id", made.at("id")}}));
        desk.look();
        CHECK(holder->has_ended);
        CHECK_FALSE(desk.sees(*holder));
    }
    SUBCASE("the account is disabled, and enabled again") {
        testing::must(desk.run("user:update", {{"id", desk.alice.id.value}, {"enabled", false}}));
        desk.look();
        CHECK(holder->has_ended);
        testing::must(desk.run("user:update", {{"id", desk.alice.id.value}, {"enabled", true}}));
        desk.look();
        CHECK(desk.sees(*holder));
    }
    SUBCASE("what people do with jobs is no reason to look") {
        desk.change(desk.alice.id, [](User& person) { person.enabled = false; });
        testing::must(desk.run("job:create", {{"runtemplate_id", desk.add_run_template([](RunTemplate&) {}).id.value},
                                              {"scheduled", "now"}}));
        desk.look();
        CHECK_FALSE(holder->has_ended);
        desk.access.look(0ms);
        CHECK(holder->has_ended);
    }
}

TEST_CASE("a session that is signed out or not used any more has ended; to look on is no use of it") {
    AccessDesk desk;
    const auto outcome =
        testing::must(desk.sign_in.begin({.login = "alice", .password = testing::good_password}, desk.moment));
    const auto& signed_in = std::get<SignedIn>(outcome);
    const auto holder = desk.access.hold(AccessProof::of_session(signed_in.token));
    desk.look();
    CHECK(desk.sees(*holder));
    SUBCASE("signed out") {
        CHECK(desk.sign_in.end_session(signed_in.token, {.user = desk.alice.id, .login = "alice"}, desk.moment));
        desk.look();
        CHECK(holder->has_ended);
    }
    SUBCASE("not used") {
        for (int hour = 1; hour <= 4; ++hour) {
            desk.clock.set(desk.moment + std::chrono::hours(hour));
            desk.access.look(0ms);
            CHECK(holder->has_ended == (hour == 4));
        }
    }
}

TEST_CASE("another password ends what the one before has opened") {
    AccessDesk desk;
    const auto holder = desk.access.hold(AccessProof::of_password(desk.database, desk.alice.id));
    desk.look();
    CHECK(desk.sees(*holder));
    desk.change(desk.alice.id, [](User& person) { person.password = hash_password("Another-1-pass", testing::cheap); });
    desk.access.look(0ms);
    CHECK(holder->has_ended);
}
