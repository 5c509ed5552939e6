// SPDX-License-Identifier: MIT
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

// Nobody grants more than he has, whatever way he came in: with real tokens, through the rights that they are given.

namespace {

struct GrantsDesk : testing::PeopleDesk {
    User super = add_person("super"), admin = add_person("admin"), manager = add_person("manager"),
         victim = add_person("victim");
    Company bravo = add_company("bravo");

    GrantsDesk() {
        grant(super, SystemRole::super_admin);
        grant(admin, SystemRole::admin);
        grant(manager, company.id, CompanyRole::manager);
    }
    /// The text of a token of somebody, within bounds.
    std::string token_of(const User& owner, json::object bounds) {
        bounds["user"] = owner.login;
        bounds["name"] = "of " + owner.login;
        return std::string(testing::must(run("token:create", bounds)).at("token").as_string());
    }
    Result<json::value> with(const std::string& token, std::string_view name, const json::object& input) {
        auto caller = caller_of_token(database, token, "cli", "", moment);
        if (!caller) return caller.error();
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        Outside outside{.http = http, .now = moment, .time_limit = 1s};
        auto done =
            perform_on(database, *operation, input, *caller,
                       {.vault = vault, .now = moment, .zone = "UTC", .password_cost = testing::cheap}, outside);
        if (!done) return done.error();
        return std::move(done->answer);
    }
    /// Everything by which somebody could become more than he is; the names of what was done.
    std::string escalations(const std::string& token) {
        std::string out;
        const auto attempt = [&](std::string_view name, const json::object& input) {
            if (with(token, name, input)) out += fmt::format("{} ", name);
        };
        attempt("user-role:set", {{"login", "victim"}, {"roles", {"super_admin"}}});
        attempt("user-role:set", {{"login", "victim"}, {"roles", {"admin"}}});
        attempt("user-company:assign", {{"company_id", company.id.value}, {"login", "victim"}, {"role", "manager"}});
        attempt("user-company:assign", {{"company_id", bravo.id.value}, {"login", "victim"}, {"role", "viewer"}});
        attempt("user:password", {{"login", "admin"}, {"password", "Jx5&wBhT@n"}});
        attempt("user:password", {{"login", "super"}, {"password", "Jx5&wBhT@n"}});
        attempt("user:setup-link", {{"login", "manager"}});
        attempt("user:totp-disable", {{"login", "admin"}});
        attempt("user:update", {{"login", "manager"}, {"email", "me@example.com"}});
        attempt("token:create", {{"name", "more"}});
        attempt("account:password", {{"current", testing::good_password}, {"password", "Jx5&wBhT@n"}});
        attempt("company:create", {{"name", fmt::format("Company {}", number(R"(SELECT COUNT(*) FROM "company")"))}});
        attempt("encryption:rotate", {});
        attempt("token:revoke", {{"id", 1}});
        return out;
    }
};

}  // namespace

TEST_CASE("a token that is bound to a company has nothing of the installation") {
    GrantsDesk desk;
    CHECK(desk.escalations(desk.token_of(desk.super, {{"companies", {"acme"}}})) == "user-company:assign ");
    CHECK(desk.with(desk.token_of(desk.super, {{"companies", {"acme"}}}), "application:list", {}));
    CHECK(desk.escalations(desk.token_of(desk.manager, {{"companies", {"bravo"}}})).empty());
}

TEST_CASE("a token that is bound to permissions gives nobody others") {
    GrantsDesk desk;
    CHECK(desk.escalations(desk.token_of(desk.super, {{"permissions", {"administer"}}})) == "company:create ");
    CHECK(desk.escalations(desk.token_of(desk.super, {{"permissions", {"administer", "own"}}})) == "company:create ");
    CHECK(
        desk.escalations(desk.token_of(desk.manager, {{"permissions", {"manage"}}, {"companies", {"acme"}}})).empty());
    CHECK(desk.escalations(desk.token_of(desk.super, {{"permissions", {"view", "own"}}})).empty());
    // Somebody without rights can be looked after by a token that administers.
    const auto clerk = desk.token_of(desk.super, {{"permissions", {"administer"}}});
    CHECK(desk.with(clerk, "user:password", {{"login", "victim"}, {"password", "Jx5&wBhT@n"}}));
}

TEST_CASE("bounds that name nothing are refused") {
    GrantsDesk desk;
    for (const auto* bound : {"companies", "permissions"})
        CHECK(desk.error_of("token:create", {{"user", "super"}, {"name", "x"}, {bound, json::array()}})
                  .fields.front()
                  .field == bound);
}

TEST_CASE("an administrator does not become a super_admin by the link for the first one") {
    GrantsDesk desk;
    for (const auto& person : {desk.super, desk.admin, desk.manager, desk.victim})
        desk.change(person.id, [](User& user) { user.password.clear(); });
    const auto token = desk.token_of(desk.admin, {});
    const auto refused = desk.with(token, "user:setup-link", {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::forbidden);
    CHECK(desk.with(desk.token_of(desk.super, {}), "user:setup-link", {}));
}

TEST_CASE("an editor of the catalogue removes no application, and whoever does is seen by the companies") {
    GrantsDesk desk;
    const auto of_bravo = desk.add_run_template([&](RunTemplate& it) { it.company_id = desk.bravo.id; });
    Rights editor;
    editor.grant(SystemRole::editor);
    const json::object input{{"id", of_bravo.app_id.value}, {"cascade", true}};
    CHECK(desk.error_of("application:delete", input, editor).code == ErrorCode::forbidden);
    testing::must(desk.run("application:delete", input));
    CHECK(testing::must(desk.run("audit:list", {{"entity", "runtemplate"}, {"action", "delete"}},
                                 testing::manager_of(desk.bravo.id)))
              .as_array()
              .size() == 1);
}

TEST_CASE("a manager does not lift the limits of his company") {
    GrantsDesk desk;
    const json::object input{{"id", desk.company.id.value}, {"max_parallel", 50}};
    CHECK(desk.error_of("company:update", input, testing::manager_of(desk.company.id)).code == ErrorCode::forbidden);
    CHECK(desk.run("company:update", input));
}

TEST_CASE("nobody gives rights for longer than he has them, nor a token that outlives the one he shows") {
    GrantsDesk desk;
    const auto temporary = desk.add_person("temporary");
    testing::must(
        desk.run("user-role:set", {{"login", "temporary"}, {"roles", {"super_admin"}}, {"expires", "2026-06-01"}}));
    const auto token = desk.token_of(temporary, {{"expires", "2026-05-01"}});
    const auto gives = [&](const json::object& input) {
        return static_cast<bool>(desk.with(token, "user-role:set", input));
    };
    CHECK_FALSE(gives({{"login", "temporary"}, {"roles", {"super_admin"}}, {"replace", false}}));
    CHECK_FALSE(gives({{"login", "victim"}, {"roles", {"admin"}}}));
    CHECK_FALSE(gives({{"login", "victim"}, {"roles", {"admin"}}, {"expires", "2026-06-15"}}));
    CHECK(gives({{"login", "victim"}, {"roles", {"admin"}}, {"expires", "2026-05-15"}}));
    CHECK_FALSE(desk.with(token, "token:create", {{"name", "x"}, {"expires", "never"}}));
    CHECK(desk.with(token, "token:create", {{"name", "x"}, {"expires", "2026-04-30"}}));
    // As long as it may, when nothing is said.
    CHECK(desk.with(token, "token:create", {{"name", "y"}}));
    CHECK_FALSE(desk.with(token, "user-company:assign",
                          {{"company_id", desk.company.id.value}, {"login", "temporary"}, {"role", "manager"}}));
}

TEST_CASE("keys that others made for somebody end when he becomes a super_admin") {
    GrantsDesk desk;
    const auto by_admin = desk.token_of(desk.admin, {});
    const auto spare =
        std::string(testing::must(desk.with(by_admin, "token:create", {{"user", "victim"}, {"name", "spare"}}))
                        .at("token")
                        .as_string());
    testing::must(desk.with(by_admin, "user:setup-link", {{"login", "victim"}}));
    testing::must(desk.run("user-role:set", {{"login", "victim"}, {"roles", {"super_admin"}}}));
    CHECK_FALSE(desk.with(spare, "account:get", {}));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "one_time_link" WHERE "used_at" IS NULL)") == 0);
}

TEST_CASE("tokens of a super_admin are ended by super_admins only") {
    GrantsDesk desk;
    desk.token_of(desk.super, {});
    const auto by_admin = desk.token_of(desk.admin, {});
    CHECK_FALSE(desk.with(by_admin, "token:revoke", {{"id", 1}}));
    CHECK_FALSE(desk.with(by_admin, "token:delete", {{"id", 1}}));
}
