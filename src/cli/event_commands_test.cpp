// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"
#include "domain/secret_text.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

TEST_CASE("event sources and rules have the types that clients read") {
    FakeBackend fake;
    fake.offer("event-source:get", {"id", "name"},
               json::value(json::object{{"id", 3},
                                        {"name", "erp"},
                                        {"db_port", "3306"},
                                        {"enabled", true},
                                        {"created_at", "2025-06-15T10:00:00Z"}}));
    Shell shell{fake};
    CHECK(shell({"eventsource", "get", "--id", "3", "--format=json", "--fields", "id,db_port,enabled,created"}).code ==
          0);
    CHECK(shell.document() == json::value(json::object{
                                  {"id", 3}, {"db_port", "3306"}, {"enabled", 1}, {"created", "2025-06-15 12:00:00"}}));
}

TEST_CASE("an event source that is not there is an empty list, a rule to remove is a failure") {
    FakeBackend fake;
    const Error unknown{ErrorCode::not_found, "No event source found with given identifier"};
    fake.offer("event-source:get", {"id", "name"}, unknown);
    fake.offer("event-rule:remove", {"id"}, unknown);
    Shell shell{fake};
    CHECK(shell({"event-source:get", "--id", "9", "-f", "json"}).code == 0);
    CHECK(shell.document() == json::value(json::array()));
    auto& removed = shell({"event-rule:remove", "--id", "9"});
    CHECK(removed.code == 1);
    CHECK(removed.out == "Failed to remove event rule\n");
}

TEST_CASE("an event source that cannot be reached ends with 1") {
    FakeBackend fake;
    fake.offer("event-source:test", {"id"},
               json::value(json::object{{"reachable", false}, {"readable", false}, {"message", "Nobody answers."}}));
    Shell shell{fake};
    CHECK(shell({"eventsource", "test", "--format=json", "--id", "1"}).code == 1);
    CHECK(shell.document().at("reachable") == false);
    CHECK(shell({"event-source:test", "1"}).out == "Nobody answers.\n");
}

TEST_CASE("the password of an event source comes from a file or standard input, or brings a warning") {
    FakeBackend fake;
    fake.offer("event-source:create", {"id", "name", "db_password"}, json::value(json::object{{"id", 1}}));
    fake.offer("event-source:update", {"id", "db_password"},
               json::value(json::object{{"updated", true}, {"record", json::object{{"id", 1}}}}));
    Shell shell{fake};
    testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "erp").string();
    std::ofstream(file) << "from a file\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    const auto given = [&] { return fake.asked.back().input.at("db_password"); };
    for (const auto& which :
         {std::vector<std::string>{"event-source:create", "--name", "erp"}, {"event-source:update", "--id", "1"}}) {
        const auto say = [&](const std::vector<std::string>& options) -> auto& {
            auto line = which;
            line.insert(line.end(), options.begin(), options.end());
            return shell(line);
        };
        shell.input = "hunter2\n";
        CHECK(say({"--db_password", "-"}).err.empty());
        CHECK(given() == "hunter2");
        shell.input = "hunter3\n";
        CHECK(say({"--db_password-file", "-"}).err.empty());
        CHECK(given() == "hunter3");
        CHECK(say({"--db_password-file", file}).err.empty());
        CHECK(given() == "from a file");
        CHECK(say({"--db_password", "@" + file}).err.empty());
        CHECK(given() == "from a file");
        CHECK(say({"--db_password", "open"}).err.starts_with("Warning: "));
        CHECK(given() == "open");
        CHECK(say({"--db_password", std::string(secret_mask_text)}).err.empty());
        CHECK(say({"--db_password-file", file, "--db_password", "x"}).code != 0);
        CHECK(say({"--db_password-file", file + ".not"}).code != 0);
    }
}

TEST_CASE("what older clients say about event rules is understood") {
    FakeBackend fake;
    fake.offer("event-rule:create", {"event_source_id", "runtemplate_id", "env_mapping"},
               json::value(json::object{{"id", 5}}));
    Shell shell{fake};
    CHECK(
        shell({"event-rule:create", "--eventsource_id", "2", "--runtemplate_id", "4", "--condition", "x", "-f", "json"})
            .code == 0);
    CHECK(shell.document().at("id") == 5);
    CHECK(shell.document().at("created") == true);
    CHECK(fake.asked.back().input.at("event_source_id") == "2");
    CHECK_FALSE(fake.asked.back().input.contains("condition"));
}
