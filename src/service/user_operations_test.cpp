// SPDX-License-Identifier: MIT
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct UsersDesk : testing::PeopleDesk {
    /// What somebody may do who has this role of the installation.
    static Rights of(SystemRole role) {
        Rights rights;
        rights.grant(role);
        return rights;
    }
    std::int64_t create(const std::string& login) {
        return testing::must(run("user:create", {{"login", login}, {"email", login + "@example.com"}}))
            .at("id")
            .as_int64();
    }
    SignIn sign_in{database, vault, {.cost = testing::cheap}};
    bool can_sign_in(const std::string& login, const std::string& password) {
        return std::holds_alternative<SignedIn>(
            testing::must(sign_in.begin({.login = login, .password = password}, moment)));
    }
    std::int64_t open_sessions() { return number(R"(SELECT COUNT(*) FROM "login_session" WHERE "ended_at" IS NULL)"); }
};

}  // namespace

TEST_CASE("a user is made, found, changed and deleted, and no answer holds a hash") {
    UsersDesk desk;
    const auto made = testing::must(desk.run("user:create", {{"login", "alice"},
                                                             {"email", "alice@example.com"},
                                                             {"firstname", "Alice"},
                                                             {"plaintext", testing::good_password}}));
    const auto id = made.at("id").as_int64();
    CHECK(made.at("password") == "");
    CHECK(made.at("has_password") == true);
    CHECK(made.at("enabled") == true);
    CHECK(desk.can_sign_in("alice", testing::good_password));
    for (const json::object& by :
         {json::object{{"id", id}}, json::object{{"login", "alice"}}, json::object{{"email", "alice@example.com"}}}) {
        const auto found = testing::must(desk.run("user:get", by));
        CHECK(found.at("id") == id);
        CHECK(to_text(found).find("argon2") == std::string::npos);
    }
    CHECK(to_text(testing::must(desk.run("user:list", {}))).find("argon2") == std::string::npos);
    CHECK(desk.error_of("user:get", {{"login", "bob"}}).code == ErrorCode::not_found);

    CHECK(desk.run("user:update", {{"id", id}, {"login", "alicia"}, {"settings", "dark"}}));
    CHECK(desk.get(Id<User>{id}).login == "alicia");
    CHECK(desk.run("user:update", {{"login", "alicia"}, {"lastname", "Liddell"}}));
    CHECK(desk.get(Id<User>{id}).lastname == "Liddell");
    CHECK(desk.run("user:update", {{"id", id}, {"email", ""}}));
    CHECK_FALSE(desk.get(Id<User>{id}).email);

    CHECK(desk.run("user:delete", {{"login", "alicia"}}));
    CHECK(desk.error_of("user:get", {{"id", id}}).code == ErrorCode::not_found);
    CHECK_FALSE(desk.can_sign_in("alicia", testing::good_password));
    CHECK(desk.run("user:create", {{"login", "alicia"}, {"email", "new@example.com"}}));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "details" LIKE '%argon2%')") == 0);
}

TEST_CASE("what is missing or wrong when a user is made") {
    UsersDesk desk;
    CHECK(desk.error_of("user:create", {{"email", "a@example.com"}}).message == "login is required.");
    CHECK(desk.error_of("user:create", {{"login", "alice"}}).message ==
          "email is required, or plaintext, or password.");
    CHECK(desk.error_of("user:create", {{"login", "alice"}, {"email", "nonsense"}}).fields.front().field == "email");
    const auto weak = desk.error_of("user:create", {{"login", "alice"}, {"plaintext", "secret"}});
    CHECK(weak.fields.front().field == "password");
    // Each fault stands there once.
    for (const auto& fault : weak.fields) {
        const auto at = weak.message.find(fault.message);
        REQUIRE(at != std::string::npos);
        CHECK(weak.message.find(fault.message, at + 1) == std::string::npos);
    }
    desk.create("alice");
    const auto twice = desk.error_of("user:create", {{"login", "alice"}, {"email", "other@example.com"}});
    CHECK(twice.code == ErrorCode::conflict);
    CHECK(twice.message.find("already exists") != std::string::npos);
    // Older clients send the hash; what is none is a password, to which the rules apply.
    CHECK(desk.run("user:create",
                   {{"login", "bob"}, {"password", hash_password(testing::good_password, testing::cheap)}}));
    CHECK(desk.can_sign_in("bob", testing::good_password));
    CHECK(desk.error_of("user:create", {{"login", "carol"}, {"password", "secret"}}).fields.front().field ==
          "password");
}

TEST_CASE("a new password, or disabling, ends what is open") {
    UsersDesk desk;
    const auto alice = desk.add_person("alice");
    REQUIRE(desk.can_sign_in("alice", testing::good_password));
    CHECK(desk.open_sessions() == 1);
    CHECK(desk.run("user:password", {{"login", "alice"}, {"password", "Jx5&wBhT@n"}}));
    CHECK(desk.open_sessions() == 0);
    CHECK_FALSE(desk.can_sign_in("alice", testing::good_password));
    REQUIRE(desk.can_sign_in("alice", "Jx5&wBhT@n"));
    CHECK(desk.run("user:update", {{"login", "alice"}, {"enabled", false}}));
    CHECK(desk.open_sessions() == 0);
    CHECK_FALSE(desk.can_sign_in("alice", "Jx5&wBhT@n"));
}

TEST_CASE("the last super_admin stays one") {
    UsersDesk desk;
    const auto alice = desk.add_person("alice"), bob = desk.add_person("bob");
    desk.grant(alice, SystemRole::super_admin);
    const json::object to_user{{"login", "alice"}, {"roles", {"user"}}};
    const json::object to_an_end{{"login", "alice"}, {"roles", {"super_admin"}}, {"expires", "+1 day"}};
    const auto is_kept = [&](std::string_view operation, const json::object& input) {
        const auto error = desk.error_of(operation, input);
        return error.code == ErrorCode::conflict && error.message.find("last super_admin") != std::string::npos;
    };
    const auto all_are_kept = [&] {
        return is_kept("user:delete", {{"login", "alice"}}) &&
               is_kept("user:update", {{"login", "alice"}, {"enabled", false}}) && is_kept("user-role:set", to_user) &&
               is_kept("user-role:set", to_an_end);
    };
    CHECK(all_are_kept());
    // A disabled one, and one for a time only, do not replace her.
    CHECK(desk.run("user-role:set", {{"login", "bob"}, {"roles", {"super_admin"}}, {"expires", "+1 day"}}));
    CHECK(all_are_kept());
    CHECK(desk.run("user-role:set", {{"login", "bob"}, {"roles", {"super_admin"}}}));
    desk.change(bob.id, [](User& user) { user.enabled = false; });
    CHECK(all_are_kept());
    desk.change(bob.id, [](User& user) { user.enabled = true; });
    CHECK(desk.run("user-role:set", to_user));
}

TEST_CASE("nobody becomes more than he is") {
    UsersDesk desk;
    const auto root = desk.add_person("root"), alice = desk.add_person("alice");
    desk.grant(root, SystemRole::super_admin);
    const auto admin = UsersDesk::of(SystemRole::admin);
    CHECK(desk.error_of("user-role:set", {{"login", "alice"}, {"roles", {"super_admin"}}}, admin).message ==
          "Only a super_admin can make somebody a super_admin.");
    CHECK(desk.run("user-role:set", {{"login", "alice"}, {"roles", {"admin", "editor"}}}, admin));
    const auto is_barred = [&](std::string_view operation, json::object input) {
        input["login"] = "root";
        return desk.error_of(operation, input, admin).message ==
               "'root' is a super_admin, whose account only another super_admin can change.";
    };
    CHECK(is_barred("user-role:set", {{"roles", {"user"}}}));
    CHECK(is_barred("user:update", {{"email", "mine@example.com"}}));
    CHECK(is_barred("user:password", {{"password", testing::good_password}}));
    CHECK(is_barred("user:delete", {}));
    CHECK(is_barred("user:setup-link", {}));
    CHECK(is_barred("user:totp-disable", {}));
    CHECK(desk.error_of("token:create", {{"user", "root"}}, admin).code == ErrorCode::forbidden);
}

TEST_CASE("everything that is wrong with a user is told at once") {
    UsersDesk desk;
    const auto complained = [&](std::string_view operation, const json::object& input) {
        std::set<std::string> out;
        for (const auto& each : desk.error_of(operation, input).fields) out.insert(each.field);
        return out;
    };
    const auto alice = desk.add_person("alice");
    CHECK(complained("user:create", {{"login", "123"}, {"email", "a"}, {"plaintext", "short"}}) ==
          std::set<std::string>{"email"});
    CHECK(complained("user:create", {{"login", "123"}, {"email", "a@b"}, {"plaintext", "short"}}) ==
          std::set<std::string>{"login", "password"});
    CHECK(complained("user:update",
                     {{"id", alice.id.value}, {"firstname", "A\nb"}, {"email", "a"}, {"enabled", "x"}, {"age", 3}}) ==
          std::set<std::string>{"firstname", "email", "enabled", "age"});
}

TEST_CASE("the account of the administrator of the machine is changed by super_admins only, whatever roles it has") {
    UsersDesk desk;
    const auto root = desk.add_person("root"), alice = desk.add_person("alice");
    const auto admin = UsersDesk::of(SystemRole::admin), super = UsersDesk::of(SystemRole::super_admin);
    const auto is_barred = [&](std::string_view operation, json::object input) {
        const auto refused = desk.run(operation, input, admin);
        return !refused && refused.error().code == ErrorCode::forbidden &&
               refused.error().message.starts_with("'root' is the account of the administrator of this machine");
    };
    const json::object password{{"id", root.id.value}, {"password", testing::good_password}};
    CHECK(is_barred("user:password", password));
    CHECK(is_barred("user:update", {{"id", root.id.value}, {"plaintext", testing::good_password}}));
    CHECK(is_barred("user:setup-link", {{"login", "root"}}));
    CHECK(is_barred("user:delete", {{"login", "root"}}));
    CHECK(is_barred("user-role:set", {{"login", "root"}, {"roles", {"user"}}}));
    CHECK(is_barred("token:create", {{"user", "root"}}));
    CHECK(desk.run("user:password", password, super));
    // Nor is it made, or somebody else called so, before it is there.
    CHECK(desk.run("user:delete", {{"login", "root"}}, super));
    CHECK(is_barred("user:create", {{"login", "root"}, {"plaintext", testing::good_password}}));
    CHECK(desk.error_of("user:update", {{"id", alice.id.value}, {"login", "Root"}}, admin).code ==
          ErrorCode::forbidden);
    CHECK(desk.run("user:create", {{"login", "root"}, {"plaintext", testing::good_password}}, super));
}

TEST_CASE("roles of the installation: replaced, added, ended, unknown") {
    UsersDesk desk;
    const auto alice = desk.add_person("alice");
    const auto roles = [&](const json::object& input) {
        auto answer = testing::must(desk.run("user-role:set", input));
        return to_text(answer.at("roles"));
    };
    CHECK(roles({{"user_id", alice.id.value}, {"roles", {"viewer", "editor"}}}) == R"(["editor","viewer"])");
    CHECK(roles({{"login", "alice"}, {"roles", {"admin"}}, {"replace", false}}) == R"(["admin","editor","viewer"])");
    REQUIRE(desk.can_sign_in("alice", testing::good_password));
    CHECK(roles({{"login", "alice"}, {"roles", {"admin"}}}) == R"(["admin"])");
    CHECK(desk.open_sessions() == 0);
    const auto unknown = desk.error_of("user-role:set", {{"login", "alice"}, {"roles", {"admin", "king", "queen"}}});
    CHECK(unknown.message == "Unknown role(s): king, queen");
    CHECK(unknown.fields.front().code == "unknown_role");
    CHECK(desk.error_of("user-role:set", {{"login", "alice"}, {"roles", {"user"}}, {"expires", "yesterday"}}).code ==
          ErrorCode::invalid);
    CHECK(desk.run("user-role:set", {{"login", "alice"}, {"roles", {"user"}}, {"expires", "+2 hours"}}));
    CHECK(testing::must(desk.run("user-role:get", {{"login", "alice"}})).at("role_details").at(0).at("expires_at") ==
          "2026-03-02T04:00:00Z");
}

TEST_CASE("a manager gives roles in the own company, and nowhere else") {
    UsersDesk desk;
    const auto alice = desk.add_person("alice");
    const auto bravo = desk.add_company("bravo");
    const auto manager = testing::manager_of(desk.company.id);
    const json::object here{{"company_id", desk.company.id.value}, {"login", "alice"}, {"role", "admin"}};
    const json::object there{{"company_id", bravo.id.value}, {"login", "alice"}};
    CHECK(testing::must(desk.run("user-company:assign", here, manager)).at("role") == "admin");
    CHECK(desk.error_of("user-company:assign", there, manager).code == ErrorCode::not_found);
    CHECK(desk.error_of("user-company:unassign", there, manager).code == ErrorCode::not_found);
    const auto members = testing::must(desk.run("user-company:list", {}, manager));
    REQUIRE(members.as_array().size() == 1);
    CHECK(members.at(0).at("role") == "manager");
    CHECK(members.at(0).at("login") == "alice");
    CHECK(desk.error_of("user-company:assign",
                        {{"company_id", desk.company.id.value}, {"login", "alice"}, {"role", "king"}})
              .fields.front()
              .field == "role");
    CHECK(desk.error_of("user-company:assign", {{"company_id", desk.company.id.value}}).message ==
          "user_id is required, or login, or email.");
    CHECK(testing::must(desk.run("user-company:unassign", here, manager)).at("deleted") == 1);
    CHECK(testing::must(desk.run("user-company:unassign", here, manager)).at("deleted") == 0);
}

TEST_CASE("a deleted user leaves nothing behind but a name") {
    UsersDesk desk;
    const auto alice = desk.add_person("alice");
    desk.grant(alice, SystemRole::admin);
    desk.grant(alice, desk.company.id, CompanyRole::manager);
    REQUIRE(desk.run("token:create", {{"user", "alice"}}));
    REQUIRE(desk.can_sign_in("alice", testing::good_password));
    REQUIRE(desk.run("user:delete", {{"id", alice.id.value}}));
    const auto told = desk.database.read([](Session& session) {
        return std::get<std::string>(
            session.sql.query(R"(SELECT "details" FROM "audit" ORDER BY "id" DESC LIMIT 1)")[0][0]);
    });
    CHECK(told ==
          fmt::format(
              R"({{"login":"alice","roles":["admin"],"companies":[{{"company_id":{},"name":"{}","role":"manager"}}]}})",
              desk.company.id.value, desk.company.name));
    for (const auto* table : {"user_role", "company_user", "token"})
        CHECK(desk.number(R"(SELECT COUNT(*) FROM ")" + std::string(table) + "\"") == 0);
    CHECK(desk.open_sessions() == 0);
    const auto left = desk.get(alice.id);
    CHECK(left.login == "alice (deleted " + std::to_string(alice.id.value) + ")");
    CHECK(left.password.empty());
    CHECK_FALSE(left.enabled);
}
