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

json::object robot(std::string_view text) {
    return {{"id", 5},
            {"user_id", 7},
            {"name", "robot"},
            {"permissions", {"view", "run"}},
            {"companies", nullptr},
            {"created_at", "2025-06-15T10:00:00Z"},
            {"expires_at", "2026-06-15T10:00:00Z"},
            {"last_used_at", nullptr},
            {"last_used_address", nullptr},
            {"revoked_at", nullptr},
            {"user", "7"},
            {"state", "good"},
            {"token", text}};
}

void offer_tokens(FakeBackend& fake) {
    fake.offer("token:list", {"limit", "offset", "order", "after"}, json::value(json::array{robot("mfx_Ab3d...")}));
    fake.offer("token:get", {"id"}, [](const json::object& input) -> Result<json::value> {
        if (input.at("id") != "5") return Error{ErrorCode::not_found, "No token found with given identifier"};
        return json::value(robot("mfx_Ab3d..."));
    });
    fake.offer("token:create", {"id", "user", "token", "name", "expires", "*permissions", "*companies"},
               [](const json::object& input) -> Result<json::value> {
                   auto made = robot("mfx_secret");
                   made["warnings"] =
                       input.contains("token") ? json::array{"The given text is too easy to guess."} : json::array();
                   return json::value(made);
               });
    fake.offer("token:update", {"id", "user", "token", "name", "expires", "*permissions", "*companies"},
               [](const json::object& input) -> Result<json::value> {
                   return json::value{{"updated", true},
                                      {"record", robot(input.contains("token") ? "mfx_secret" : "mfx_Ab3d...")}};
               });
    fake.offer("token:delete", {"id"}, json::value{{"deleted", true}, {"id", 5}});
    fake.offer("token:revoke", {"id"}, json::value{{"revoked", true}, {"id", 5}});
}

}  // namespace

TEST_CASE("tokens are listed as clients read them, and the text of none is shown") {
    FakeBackend fake;
    offer_tokens(fake);
    Shell shell{fake};
    REQUIRE(shell({"token:list", "--format=json", "--order=D", "--limit=5", "--offset=0"}).code == 0);
    CHECK(compact(shell) ==
          R"([{"id":5,"token":"mfx_Ab3d...","start":"2025-06-15 12:00:00","until":"2026-06-15 12:00:00","user_id":7,)"
          R"("user":"7","name":"robot","permissions":"view,run","companies":null,"state":"good","last_used_at":null,)"
          R"("last_used_address":null,"revoked_at":null}])");
    CHECK(shell({"token:get", "--id", "6", "-f", "json"}).code == 0);
    CHECK(compact(shell) == "null");
    CHECK(shell({"token:get", "--id", "6"}).code == 1);
    REQUIRE(shell({"token", "get", "5", "-f", "json"}).code == 0);
    CHECK(shell.document().at("user") == "7");
}

TEST_CASE("a new token is shown, once") {
    FakeBackend fake;
    offer_tokens(fake);
    Shell shell{fake};
    REQUIRE(shell({"token", "generate", "--format=json", "--user", "7"}).code == 0);
    CHECK(compact(shell) == R"({"token_id":5,"id":5,"token":"mfx_secret"})");
    CHECK(shell.last() == json::object{{"user", "7"}});
    CHECK(shell({"token:create", "--user=alice", "--permissions=view,run", "--companies", "acme", "--expires", "never"})
              .out == "Token created with ID: 5\nmfx_secret\nKeep it now: it is not shown again.\n");
    CHECK(shell.last() ==
          json::object{
              {"user", "alice"}, {"permissions", {"view", "run"}}, {"companies", {"acme"}}, {"expires", "never"}});
    REQUIRE(shell({"token:create", "--format=json", "--user", "7", "--token", "abc"}).code == 0);
    CHECK(shell.err ==
          "Warning: other users of this machine can read a token on the command line. Use --token - or --token @FILE.\n"
          "Warning: The given text is too easy to guess.\n");
    CHECK(shell.document().at("token") == "mfx_secret");
    shell.input = "from input\n";
    REQUIRE(shell({"token:create", "--user", "7", "--token", "-"}).code == 0);
    CHECK(shell.last().at("token") == "from input");
    CHECK(shell.err == "Warning: The given text is too easy to guess.\n");
    CHECK(shell({"token:create"}).out == "Missing --user\n");
}

TEST_CASE("tokens are changed and end") {
    FakeBackend fake;
    offer_tokens(fake);
    Shell shell{fake};
    REQUIRE(shell({"token:update", "--format=json", "--id", "5", "--user", "7", "--token", "abc"}).code == 0);
    CHECK(compact(shell) == R"({"updated":true,"token_id":"5","token":"mfx_secret"})");
    CHECK(shell.err.starts_with("Warning: other users of this machine can read a token on the command line."));
    REQUIRE(shell({"token:update", "--id", "5", "--name", "other", "-f", "json"}).code == 0);
    CHECK(compact(shell) == R"({"updated":true,"token_id":"5"})");
    CHECK(shell({"token:update", "--id", "5"}).out == "No fields to update\n");
    REQUIRE(shell({"token:delete", "--format=json", "--id", "5"}).code == 0);
    CHECK(compact(shell) == R"({"token_id":"5","deleted":true})");
    REQUIRE(shell({"token:revoke", "5", "-f", "json"}).code == 0);
    CHECK(compact(shell) == R"({"token_id":"5","revoked":true})");
}

TEST_CASE("a command acts with the token of a file") {
    FakeBackend fake;
    offer_tokens(fake);
    Shell shell{fake};
    const testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "token").string();
    std::ofstream(file) << "mfx_of_a_file\n";
    REQUIRE(shell({"--token-file", file, "token:list"}).code == 0);
    CHECK(fake.token == "mfx_of_a_file");
    for (const auto& [mode, warned] :
         {std::pair{0644, true}, {0640, true}, {0604, true}, {0600, false}, {0400, false}}) {
        std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
        REQUIRE(shell({"--token-file", file, "token:list"}).code == 0);
        CHECK(shell.err == (warned ? fmt::format("Warning: the token in {} is open to others on this machine (mode "
                                                 "0{:o}). Say chmod 600 {}.\n",
                                                 file, mode, file)
                                   : std::string()));
    }
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0600));
    CHECK(shell({"token:list", "--token-file=" + file + ".missing"}).code == 1);
    std::ofstream(file) << "\n";
    CHECK(shell({"token:list", "--token-file", file}).code == 1);
    CHECK(shell({"token:list", "--token-file"}).code == 1);
}
