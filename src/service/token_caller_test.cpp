// SPDX-License-Identifier: MIT
#include "service/token_caller.h"

#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct TokenDesk : testing::PeopleDesk {
    User alice = add_person("alice");

    ApiToken add_token(std::string_view text, std::optional<TextList> permissions = {},
                       std::optional<TextList> companies = {}, std::optional<Timestamp> expires = {}) {
        return add(ApiToken{.user_id = alice.id,
                            .name = "robot",
                            .digest = token_digest(text),
                            .shown = "mfx_",
                            .permissions = std::move(permissions),
                            .companies = std::move(companies),
                            .created_at = moment,
                            .expires_at = expires,
                            .last_used_at = {},
                            .last_used_address = {},
                            .revoked_at = {}});
    }
    Result<Caller> caller(std::string_view text, std::optional<Timestamp> now = {}) {
        return caller_of_token(database, text, "api", "192.0.2.7", now.value_or(moment));
    }
};

}  // namespace

TEST_CASE("a token acts as its owner") {
    TokenDesk desk;
    desk.grant(desk.alice, desk.company.id, CompanyRole::editor);
    desk.add_token("mfx_one");
    const auto caller = testing::must(desk.caller("mfx_one"));
    CHECK(caller.actor.login == "alice");
    CHECK(caller.actor.entry == "api");
    CHECK_FALSE(caller.actor.restricted);
    CHECK(caller.rights.may(Permission::edit, desk.company.id));
    CHECK(caller.rights.may(Permission::own));
    CHECK_FALSE(caller.rights.may(Permission::administer));
}

TEST_CASE("a token may do less than its owner, never more") {
    TokenDesk desk;
    const auto bravo = desk.add_company("bravo");
    desk.grant(desk.alice, desk.company.id, CompanyRole::editor);
    desk.grant(desk.alice, bravo.id, CompanyRole::editor);
    desk.add_token("mfx_look", TextList{"view", "operate", "nonsense"});
    const auto look = testing::must(desk.caller("mfx_look"));
    CHECK(look.actor.restricted);
    CHECK(look.rights.may(Permission::view, bravo.id));
    for (const auto permission : {Permission::run, Permission::operate, Permission::own})
        CHECK_FALSE(look.rights.may(permission));
    desk.add_token("mfx_here", {}, TextList{std::to_string(desk.company.id.value), "4711"});
    const auto here = testing::must(desk.caller("mfx_here"));
    CHECK(here.rights.may(Permission::edit, desk.company.id));
    CHECK_FALSE(here.rights.may(Permission::view, bravo.id));
    CHECK_FALSE(here.rights.may(Permission::view, Id<Company>{4711}));
    desk.add_token("mfx_nothing", TextList{}, TextList{});
    CHECK_FALSE(testing::must(desk.caller("mfx_nothing")).rights.may(Permission::view));
}

TEST_CASE("why a token is refused") {
    TokenDesk desk;
    const auto why = [&](std::string_view text, std::optional<Timestamp> now = {}) {
        const auto caller = desk.caller(text, now);
        REQUIRE_FALSE(caller);
        CHECK(caller.error().code == ErrorCode::forbidden);
        return caller.error().message;
    };
    CHECK(why("mfx_unknown") == "The token is not known here. Make a new one (token create).");
    CHECK(why("") == "The token is not known here. Make a new one (token create).");
    const auto token = desk.add_token("mfx_one", {}, {}, desk.moment + 1h);
    CHECK(desk.caller("mfx_one", desk.moment + 1h - 1ms));
    CHECK(why("mfx_one", desk.moment + 1h) == "The token has expired. Make a new one (token create).");
    desk.change(token.id, [&](ApiToken& t) { t.revoked_at = desk.moment; });
    CHECK(why("mfx_one") == "The token was revoked. Make a new one (token create).");
    desk.add_token("mfx_two");
    desk.change(desk.alice.id, [](User& user) { user.enabled = false; });
    CHECK(why("mfx_two") == "The account that the token belongs to is disabled.");
}

TEST_CASE("the use of a token is noted once a minute at most") {
    TokenDesk desk;
    const auto token = desk.add_token("mfx_one");
    const auto used_at = [&](Timestamp now) {
        REQUIRE(desk.caller("mfx_one", now));
        return desk.get(token.id).last_used_at;
    };
    CHECK(used_at(desk.moment) == desk.moment);
    CHECK(desk.get(token.id).last_used_address == "192.0.2.7");
    CHECK(used_at(desk.moment + 59s) == desk.moment);
    CHECK(used_at(desk.moment + 60s) == desk.moment + 60s);
}
