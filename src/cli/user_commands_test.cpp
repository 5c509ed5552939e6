// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::compact;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

const json::object alice{{"id", 7},
                         {"login", "alice"},
                         {"email", "alice@example.com"},
                         {"firstname", nullptr},
                         {"lastname", nullptr},
                         {"enabled", true},
                         {"settings", nullptr},
                         {"created_at", "2025-06-15T09:00:00Z"},
                         {"updated_at", "2025-06-15T10:00:00Z"},
                         {"password", ""},
                         {"password_changed_at", nullptr},
                         {"two_factor_enabled", false},
                         {"last_login_at", nullptr},
                         {"last_login_address", nullptr},
                         {"has_password", true}};

void offer_people(FakeBackend& fake) {
    fake.offer("user:list", {"limit", "offset", "order", "after"}, json::value(json::array{alice}));
    fake.offer("user:get", {"id", "login", "email"}, [](const json::object& input) -> Result<json::value> {
        if (input.contains("login") && input.at("login") == "bob") return Error{ErrorCode::not_found, "Nobody."};
        auto found = alice;
        found["roles"] = json::array{"admin"};
        found["companies"] = json::array();
        return json::value(found);
    });
    fake.offer("user:create",
               {"id", "login", "email", "firstname", "lastname", "password", "plaintext", "settings", "?enabled"},
               json::value(alice));
    fake.offer("user:update",
               {"id", "login", "email", "firstname", "lastname", "password", "plaintext", "settings", "?enabled"},
               json::value{{"updated", true}, {"record", alice}});
    fake.offer("user:delete", {"id", "login", "email"}, [](const json::object& input) -> Result<json::value> {
        if (input.contains("login")) return Error{ErrorCode::not_found, "Nobody."};
        return json::value{{"deleted", true}, {"id", 7}};
    });
    fake.offer("user:password", {"id", "login", "email", "password"}, json::value{{"updated", true}, {"user_id", 7}});
    fake.offer("user:setup-link", {"id", "login", "email"},
               json::value{{"purpose", "setup"},
                           {"user_id", nullptr},
                           {"path", "/setup?token=mfl_x"},
                           {"expires_at", "2025-06-16T10:00:00Z"}});
    fake.offer("user-role:set", {"user_id", "login", "email", "*roles", "?replace", "expires"},
               [](const json::object& input) -> Result<json::value> {
                   if (input.at("roles").as_array()[0] == "king")
                       return Error{ErrorCode::invalid,
                                    "Unknown role(s): king",
                                    {{"roles", "Unknown role(s): king", "unknown_role"}}};
                   return json::value{{"user_id", 7},
                                      {"replace", true},
                                      {"roles", {"admin"}},
                                      {"role_details",
                                       {{{"id", 1},
                                         {"name", "admin"},
                                         {"display_name", "admin"},
                                         {"assigned_at", "2025-06-15T10:00:00Z"},
                                         {"expires_at", nullptr}}}}};
               });
    fake.offer("user-company:assign", {"company_id", "user_id", "login", "email", "role"},
               json::value{{"company_id", 3}, {"user_id", 7}, {"role", "viewer"}});
    fake.offer(
        "user-company:unassign", {"company_id", "user_id", "login", "email", "role"},
        [](const json::object& input) -> Result<json::value> {
            return json::value{{"company_id", 3}, {"user_id", 7}, {"deleted", input.at("user_id") == "7" ? 1 : 0}};
        });
}

}  // namespace

TEST_CASE("records of users have the keys that clients read, and no hash") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    REQUIRE(shell({"user:list", "--format=json", "--order=D", "--limit=5", "--offset=0"}).code == 0);
    CHECK(
        compact(shell) ==
        R"([{"id":7,"enabled":1,"settings":null,"email":"alice@example.com","firstname":null,"lastname":null,"password":"",)"
        R"("password_changed_at":null,"password_expires_at":null,"failed_login_attempts":0,"locked_until":null,)"
        R"("two_factor_enabled":0,"last_login_ip":null,"last_login_at":null,"security_settings":null,"login":"alice",)"
        R"("DatCreate":"2025-06-15 11:00:00","DatSave":"2025-06-15 12:00:00","last_modifier_id":null,"deleted_at":null,)"
        R"("deletion_reason":null,"anonymized_at":null,"last_activity_at":null,"inactive_since":null,)"
        R"("retention_until":null,"has_password":1}])");
    REQUIRE(shell({"user", "get", "7", "-f", "json"}).code == 0);
    CHECK(to_text(shell.document().at("roles")) == R"(["admin"])");
    CHECK(shell({"user:get", "--login", "bob", "-f", "json"}).code == 1);
    CHECK(compact(shell) == R"({"status":"not found","message":"No user found with given identifier"})");
    CHECK(shell({"user:get"}).out == "Missing --id, --login or --email\n");
}

TEST_CASE("the answers of changes of users") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    REQUIRE(shell({"user:create", "--login=alice", "--email=alice@example.com", "--enabled=true", "-f", "json"}).code ==
            0);
    CHECK(compact(shell) == R"({"user_id":7,"id":7})");
    CHECK(shell.last() == json::object{{"login", "alice"}, {"email", "alice@example.com"}, {"enabled", "true"}});
    CHECK(shell({"user:create", "--email=x@example.com"}).out == "Missing --login\n");
    CHECK(shell({"user:create", "--login=alice"}).out == "User created with ID: 7\n");
    REQUIRE(shell({"user:update", "--id", "7", "--firstname", "Alice", "-f", "json"}).code == 0);
    CHECK(compact(shell) == R"({"updated":true,"user_id":7})");
    CHECK(shell({"user:update", "--id", "7"}).out == "No fields to update\n");
    REQUIRE(shell({"user:update", "--id", "7", "--enabled", "0", "-v", "-f", "json"}).code == 0);
    CHECK(shell.document().at("login") == "alice");
    REQUIRE(shell({"user:delete", "--id", "7", "-f", "json"}).code == 0);
    CHECK(shell.document().at("status") == "success");
    CHECK(shell.document().at("message") == "User deleted successfully");
    CHECK(shell({"user:delete", "--login", "bob", "-f", "json"}).code == 1);
    CHECK(compact(shell) == R"({"status":"failure","message":"No user found with the given identifier"})");
}

TEST_CASE("a password comes from a file, standard input or the terminal; on the command line with a warning") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    const testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "secret").string();
    std::ofstream(file) << "from a file\r\nsecond line\n";
    REQUIRE(shell({"user:create", "--login=a", "--plaintext", "visible"}).code == 0);
    CHECK(shell.last().at("plaintext") == "visible");
    CHECK(shell.err ==
          "Warning: other users of this machine can read a password on the command line. Use --plaintext - or "
          "--plaintext @FILE.\n");
    REQUIRE(shell({"user:create", "--login=a", "--plaintext", "@" + file}).code == 0);
    CHECK(shell.last().at("plaintext") == "from a file");
    CHECK(shell.err.empty());
    shell.input = "from input\n";
    REQUIRE(shell({"user:update", "--login=a", "--password", "-"}).code == 0);
    CHECK(shell.last().at("password") == "from input");
    REQUIRE(shell({"user:create", "--login=a", "--password-file", "-"}).code == 0);
    CHECK(shell.last().at("plaintext") == "from input");
    CHECK_FALSE(shell.last().contains("password"));
    REQUIRE(shell({"user:password", "--login=a", "--password-file", file}).code == 0);
    CHECK(shell.last() == json::object{{"login", "a"}, {"password", "from a file"}});
    CHECK(shell({"user:password", "--login=a"}).out == "Missing --password-file (a file, or - for standard input)\n");
    shell.input.clear();
    CHECK(shell({"user:password", "--login=a", "--password-file", "-"}).code == 1);

    const auto asked = fake.asked.size();
    shell.typed = true;
    shell.hidden = {"typed", "typed"};
    REQUIRE(shell({"user:password", "7"}).code == 0);
    CHECK(shell.err == "New password: The same again: ");
    CHECK(shell.last() == json::object{{"id", "7"}, {"password", "typed"}});
    shell.hidden = {"typed", "tiped"};
    CHECK(shell({"user:password", "7"}).out == "The two passwords differ; nothing was changed.\n");
    shell.hidden = {""};
    CHECK(shell({"user:password", "7"}).code == 1);
    shell.hidden = {"typed", "typed"};
    CHECK(shell({"user:password", "7", "-n"}).code == 1);
    CHECK(fake.asked.size() == asked + 1);
}

TEST_CASE("links to choose a password") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    CHECK(shell({"user:setup-link"}).out ==
          "/setup?token=mfl_x\nGood once, until 2025-06-16 12:00:00. Whoever has this link chooses the password: hand "
          "it over on a safe way.\n");
    REQUIRE(shell({"user:setup-link", "-f", "json"}).code == 0);
    CHECK(shell.document().at("path") == "/setup?token=mfl_x");
}

TEST_CASE("the token of a link comes from a file, from standard input, or is typed") {
    FakeBackend fake;
    fake.offer("account:setup", {"token", "login", "email", "password"}, json::value{{"login", "alice"}});
    Shell shell{fake};
    const testing::TemporaryDirectory directory;
    const auto password = (directory.path() / "password").string(), link = (directory.path() / "link").string();
    std::ofstream(password) << "chosen one\n";
    std::ofstream(link) << "mfl_filed\n";
    shell.input = "mfl_read\n";
    REQUIRE(shell({"account:setup", "--token", "-", "--password-file", password}).code == 0);
    CHECK(shell.last() == json::object{{"token", "mfl_read"}, {"password", "chosen one"}});
    REQUIRE(shell({"account:setup", "--token", "@" + link, "--password-file", password}).code == 0);
    CHECK(shell.last().at("token") == "mfl_filed");
    CHECK(shell.err == "");
    REQUIRE(shell({"account:setup", "--token", "mfl_given", "--password-file", password}).code == 0);
    CHECK(shell.last().at("token") == "mfl_given");
    CHECK(shell.err.starts_with("Warning: other users of this machine can read the token of a link"));
    const auto asked = fake.asked.size();
    CHECK(shell({"account:setup", "--password-file", password}).out ==
          "Missing --token (@FILE, or - for standard input)\n");
    CHECK(shell({"account:setup", "--token", "-", "--password-file", "-"}).code == 1);
    CHECK(fake.asked.size() == asked);
    shell.typed = true;
    shell.hidden = {"mfl_typed", "new", "new"};
    REQUIRE(shell({"account:setup"}).code == 0);
    CHECK(shell.last() == json::object{{"token", "mfl_typed"}, {"password", "new"}});
}

TEST_CASE("roles of the installation are set as clients expect it") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    REQUIRE(shell({"user-role:set", "--login", "alice", "--roles", "admin,user", "--replace", "true", "--assigned_by",
                   "1", "-f", "json"})
                .code == 0);
    CHECK(to_text(shell.last().at("roles")) == R"(["admin","user"])");
    CHECK(
        compact(shell) ==
        R"({"status":"success","message":"RBAC roles updated","user_id":7,"replace":true,"roles":["admin"],)"
        R"("role_details":[{"id":1,"name":"admin","display_name":"admin","assigned_at":"2025-06-15 12:00:00","expires_at":null}]})");
    CHECK(shell({"user-role", "set", "--user_id", "7", "--roles", "king", "-f", "json"}).code == 1);
    CHECK(compact(shell) == R"({"status":"invalid_roles","message":"Unknown role(s): king"})");
}

TEST_CASE("members of companies") {
    FakeBackend fake;
    offer_people(fake);
    Shell shell{fake};
    REQUIRE(shell({"user-company:assign", "--company_id", "3", "--login", "alice", "-f", "json"}).code == 0);
    CHECK(compact(shell) ==
          R"({"status":"success","message":"User assigned to company","company_id":3,"user_id":7,"role":"viewer"})");
    REQUIRE(shell({"user-company", "unassign", "--company_id=3", "--user_id=7", "-f", "json"}).code == 0);
    CHECK(shell.document().at("message") == "User unassigned from company");
    REQUIRE(shell({"user-company:unassign", "--company_id", "3", "--user_id", "8", "-f", "json"}).code == 0);
    CHECK(shell.document().at("message") == "No assignment found");
    CHECK(shell.document().at("deleted") == 0);
    CHECK(shell({"user-company:assign", "--company_id", "3", "-f", "json"}).code == 1);
    CHECK(compact(shell) == R"({"status":"error","message":"Provide --user_id or --login or --email"})");
}
