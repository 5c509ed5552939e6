// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::compact;
using mf::testing::FakeBackend;
using mf::testing::Shell;
using mf::testing::TemporaryDirectory;

namespace {

json::object main_account() {
    return {{"id", 5},
            {"company_id", 3},
            {"credential_type_id", 2},
            {"name", "Main"},
            {"version", 1},
            {"state", "unknown"},
            {"message", ""},
            {"checked_at", nullptr},
            {"valid_until", nullptr},
            {"created_at", "2025-06-15T10:00:00Z"},
            {"updated_at", "2025-06-15T10:00:00Z"},
            {"prototype", "Bank"},
            {"credential_type", "Our bank"},
            {"fields", {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "••••••••"}}}};
}

const std::string record_start =
    R"({"id":5,"name":"Main","company_id":3,"formType":"Bank","credential_type_id":2,"version":1,"state":"unknown",)"
    R"("message":"","checked_at":null,"valid_until":null,"created_at":"2025-06-15 12:00:00","updated_at":"2025-06-15 12:00:00")";

/// A backend for which every operation on credentials answers with that account.
struct Fake {
    FakeBackend backend;
    Fake() {
        const auto account = json::value(main_account());
        backend.offer("credential:list", {"limit", "offset", "order", "after", "company_id"},
                      json::value(json::array{account}));
        backend.offer("credential:get", {"id"}, account);
        backend.offer("credential:reveal", {"id"}, [](const json::object&) -> Result<json::value> {
            auto open = main_account();
            open["fields"].as_object()["BANK_TOKEN"] = "hidden words";
            return json::value(open);
        });
        auto made = main_account();
        made["secret_fields"] = {"BANK_TOKEN"};
        backend.offer("credential:create", {"name", "company_id", "credential_type_id", "*fields", "note"},
                      json::value(made));
        backend.offer(
            "credential:update", {"id", "name", "company_id", "credential_type_id", "*fields", "*unset", "note"},
            json::value(json::object{{"updated", true}, {"record", account}, {"secret_fields", {"BANK_TOKEN"}}}));
        backend.offer("credential:remove", {"id", "?force"}, json::value(json::object{{"removed", true}, {"id", 5}}));
    }
};

std::vector<std::string> create(std::vector<std::string> more) {
    std::vector<std::string> words{
        "credential:create", "--format=json", "--name", "Main", "--company-id", "3", "--credential-type-id", "2"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("credentials have the names that clients read, in every spelling") {
    Fake fake;
    Shell shell{fake.backend};
    CHECK(shell({"credential:list", "--format=json", "--order=D", "--limit=20", "--offset=0"}).code == 0);
    CHECK(compact(shell) == "[" + record_start + "}]");
    for (const auto& spelled : {std::vector<std::string>{"credential:get", "--id", "5", "-f", "json"},
                                {"credential", "get", "5", "-f", "json"},
                                {"credential", "show", "--credential_id", "5", "-f", "json"}}) {
        shell(spelled);
        CHECK(compact(shell) == record_start + R"(,"fields":{"BANK_LOGIN":"me","BANK_TOKEN":"••••••••"}})");
    }
    shell({"credential:get", "5"});
    CHECK(shell.out.find("BANK_LOGIN: me\nBANK_TOKEN: ••••••••\n") != std::string::npos);
    shell({"credential:get", "5", "--fields", "name,fields", "-f", "json"});
    CHECK(compact(shell) == R"({"name":"Main","fields":{"BANK_LOGIN":"me","BANK_TOKEN":"••••••••"}})");
}

TEST_CASE("an unknown credential is not found") {
    FakeBackend fake;
    fake.offer("credential:get", {"id"}, Error{ErrorCode::not_found, "No credential found with given identifier"});
    Shell shell{fake};
    CHECK(shell({"credential:get", "--id", "9", "--format=json", "--verbose"}).code == 1);
    CHECK(compact(shell) == R"({"status":"not found","message":"No credential found with given identifier"})");
}

TEST_CASE("a credential is created with the answer that clients read") {
    Fake fake;
    Shell shell{fake.backend};
    for (const auto& more : {std::vector<std::string>{}, {"--verbose"}}) {
        CHECK(shell(create(more)).code == 0);
        CHECK(
            compact(shell) ==
            R"({"status":"success","message":"Credential created with ID: 5","credential_id":5,"created":true,"id":5})");
        CHECK(to_text(shell.last()) == R"({"name":"Main","company_id":"3","credential_type_id":"2"})");
    }
    CHECK(shell({"credential:create", "--name", "x"}).out == "Missing --name, --company-id or --credential-type-id\n");
    shell({"credential:update", "--id", "5", "--name", "Other", "-f", "json"});
    CHECK(compact(shell) == R"({"updated":true,"credential_id":"5"})");
    shell({"credential:update", "--id", "5", "--field", "BANK_LOGIN=you", "--unset", "A,B", "-f", "json", "-v"});
    CHECK(compact(shell).starts_with(record_start));
    CHECK(to_text(shell.last()) == R"({"id":"5","unset":["A","B"],"fields":{"BANK_LOGIN":"you"}})");
    CHECK(shell({"credential:update", "--id", "5"}).out == "No fields to update\n");
    shell({"credential:remove", "--format=json", "--id", "5"});
    CHECK(compact(shell) == R"({"credential_id":"5","removed":true})");
    CHECK(shell({"credential", "delete", "5"}).out == "Credential removed: ID=5\n");
}

TEST_CASE("values come from arguments, files, standard input, and people") {
    Fake fake;
    TemporaryDirectory directory;
    const auto file = (directory.path() / "token").string();
    std::ofstream(file) << "from a file\r\n";
    Shell shell{.backend = fake.backend, .input = "piped\nwords\n"};
    shell(create(
        {"--field", "A=plain=x", "--field", "B=@" + file, "--field", "C=-", "--field", "D=@@home", "--field", "E="}));
    CHECK(to_text(shell.last().at("fields")) ==
          R"({"A":"plain=x","B":"from a file","C":"piped\nwords","D":"@home","E":""})");
    CHECK(shell.err.empty());
    CHECK(shell(create({"--field", "A=-", "--field", "B=-"})).code == 1);
    CHECK(compact(shell).find("Standard input can give one value only.") != std::string::npos);
    CHECK(shell(create({"--field", "A=@/nowhere"})).code == 1);
    CHECK(compact(shell).find("A from \\/nowhere: It does not exist.") == std::string::npos);
    CHECK(compact(shell).find("A from /nowhere: It does not exist.") != std::string::npos);
    // The values of --field win over those of a file of lines.
    std::ofstream(file) << "A=1\nB=2\n";
    shell(create({"--field-file", file, "--field", "A=3"}));
    CHECK(to_text(shell.last().at("fields")) == R"({"A":"3","B":"2"})");
}

TEST_CASE("a value that is not given is asked for, and not shown") {
    Fake fake;
    Shell shell{.backend = fake.backend, .typed = true, .hidden = {"typed words"}};
    shell(create({"--field", "BANK_TOKEN"}));
    CHECK(to_text(shell.last().at("fields")) == R"({"BANK_TOKEN":"typed words"})");
    CHECK(shell.err == "BANK_TOKEN (not shown): ");
    CHECK((shell.out + shell.err).find("typed words") == std::string::npos);
    // Giving up changes nothing, and neither does having nobody to ask.
    const auto asked = fake.backend.asked.size();
    CHECK(shell(create({"--field", "BANK_TOKEN"})).code == 1);
    shell.hidden = {"x"};
    CHECK(shell(create({"--field", "BANK_TOKEN", "--no-interaction"})).code == 1);
    shell.typed = false;
    CHECK(shell(create({"--field", "BANK_TOKEN"})).code == 1);
    CHECK(compact(shell).find("nobody can be asked") != std::string::npos);
    CHECK(fake.backend.asked.size() == asked);
}

TEST_CASE("a secret on the command line is remarked, by name only") {
    Fake fake;
    Shell shell{fake.backend};
    CHECK(shell(create({"--field", "BANK_TOKEN=hush", "--field", "BANK_LOGIN=me"})).code == 0);
    CHECK(shell.err.starts_with("Warning: BANK_TOKEN stood on the command line"));
    CHECK(shell.err.find("hush") == std::string::npos);
    CHECK(shell.document().as_object().at("credential_id") == 5);
    shell({"credential:update", "5", "--field", "BANK_TOKEN=hush"});
    CHECK(shell.err.starts_with("Warning: BANK_TOKEN"));
    shell({"credential:update", "5", "--field", "BANK_LOGIN=hush"});
    CHECK(shell.err.empty());
}

TEST_CASE("secrets are revealed to who confirms it") {
    Fake fake;
    Shell shell{fake.backend};
    CHECK(shell({"credential:get", "5", "--reveal"}).code == 1);
    CHECK(fake.backend.asked.empty());
    CHECK(shell({"credential:get", "5", "--reveal", "--yes"}).code == 0);
    CHECK(fake.backend.asked.back().operation == "credential:reveal");
    CHECK(shell.out.find("BANK_TOKEN: hidden words\n") != std::string::npos);
    shell.typed = true;
    shell.input = "no\n";
    CHECK(shell({"credential:get", "5", "--reveal"}).code == 1);
    CHECK(shell.out == "Nothing is shown.\n");
    shell.input = "Yes\n";
    CHECK(shell({"credential:get", "5", "--reveal"}).code == 0);
    CHECK(shell.err.find("audit log") != std::string::npos);
    CHECK(shell.out.find("hidden words") != std::string::npos);
    CHECK(shell({"credential:reveal", "5"}).code == 1);
    CHECK(shell.out == "Use credential:get --reveal.\n");
}

TEST_CASE("what a credential lacks is a warning") {
    FakeBackend fake;
    auto bare = main_account();
    bare["warnings"] = {"BANK_LOGIN is required and has no value."};
    fake.offer("credential:create", {"name", "company_id", "credential_type_id", "*fields"}, json::value(bare));
    fake.offer("credential:get", {"id"}, json::value(bare));
    Shell shell{fake};
    CHECK(shell(create({})).document().at("warnings").as_array().size() == 1);
    shell({"credential:get", "5"});
    CHECK(shell.err == "Warning: BANK_LOGIN is required and has no value.\n");
}

TEST_CASE("changes of values tell whose jobs get them") {
    FakeBackend fake;
    const json::value answer{
        {"record", main_account()},
        {"version", 2},
        {"changed", {"BANK_TOKEN"}},
        {"secret_fields", {"BANK_TOKEN"}},
        {"affected",
         {{{"id", 7}, {"name", "Nightly"}, {"active", true}, {"next_launch", "2025-06-16T00:00:00Z"}},
          {{"id", 8}, {"name", "Old"}, {"active", false}, {"next_launch", nullptr}}}}};
    fake.offer("credential:rotate", {"id", "*fields", "note"}, answer);
    fake.offer("credential:rollback", {"id", "version", "note"}, answer);
    fake.offer("credential:versions", {"id"},
               json::value(json::array{json::object{{"version", 2},
                                                    {"current", true},
                                                    {"created_at", "2025-06-15T10:00:00Z"},
                                                    {"created_by", "alice"},
                                                    {"changed", {"BANK_TOKEN", "B"}},
                                                    {"note", "Expired."}}}));
    Shell shell{fake, "new words"};
    shell({"credential:rotate", "5", "--field", "BANK_TOKEN=-", "--note", "Expired."});
    CHECK(
        shell.out ==
        "Credential 5 has version 2 of its values now\nRun template 7 (Nightly) uses it; its next run is at 2025-06-16 "
        "02:00:00\nRun template 8 (Old) uses it, and is not active\n");
    CHECK(shell.err.empty());
    CHECK(to_text(shell.last()) == R"({"id":"5","note":"Expired.","fields":{"BANK_TOKEN":"new words"}})");
    shell({"credential:rollback", "5", "--to", "1", "-f", "json"});
    CHECK(to_text(shell.last()) == R"({"id":"5","version":"1"})");
    CHECK(shell.document().at("version") == 2);
    CHECK(shell.document().at("affected").as_array().size() == 2);
    shell({"credential", "versions", "5", "-f", "json"});
    CHECK(
        compact(shell) ==
        R"([{"version":2,"current":1,"created_at":"2025-06-15 12:00:00","created_by":"alice","changed":["BANK_TOKEN","B"],"note":"Expired."}])");
    CHECK(shell({"credential", "versions", "5"}).out.find("BANK_TOKEN,B") != std::string::npos);
}

TEST_CASE("run templates get credentials, in the shapes that clients read") {
    FakeBackend fake;
    fake.offer("runtemplate:assign-credential", {"id", "credential_id"},
               json::value(json::object{{"status", "ok"},
                                        {"runtemplate_id", 7},
                                        {"credential_id", 5},
                                        {"prototype", "Bank"},
                                        {"replaced", {{{"id", 4}, {"name", "Spare"}}}},
                                        {"own_values", {"A"}},
                                        {"warnings", {"The run template has a value of its own for A."}}}));
    fake.offer("runtemplate:unassign-credential", {"id", "credential_id"},
               json::value(json::object{
                   {"status", "not_found"}, {"runtemplate_id", 7}, {"credential_id", 9}, {"prototype", nullptr}}));
    fake.offer("runtemplate:list-credentials", {"id"},
               json::value(json::array{json::object{{"id", 1},
                                                    {"runtemplate_id", 7},
                                                    {"credentials_id", 5},
                                                    {"credential_name", "Main"},
                                                    {"credential_type_name", "Our bank"},
                                                    {"credential_prototype", "Bank"},
                                                    {"credential_type_uuid", "u"},
                                                    {"credential_type_logo", ""},
                                                    {"position", 1},
                                                    {"state", "unknown"},
                                                    {"message", ""}}}));
    Shell shell{fake};
    for (const auto& spelled : {std::vector<std::string>{"run-template:assign-credential", "--id", "7"},
                                {"runtemplate", "assign-credential", "--runtemplate_id", "7"},
                                {"runtemplate:assign-credential", "--runtemplate", "7"}}) {
        auto words = spelled;
        for (const auto* word : {"--credential_id", "5", "-f", "json"}) words.emplace_back(word);
        CHECK(shell(words).code == 0);
        CHECK(to_text(shell.last()) == R"({"id":"7","credential_id":"5"})");
        CHECK(shell.document().at("status") == "ok");
        CHECK(shell.document().at("prototype") == "Bank");
        CHECK(shell.document().at("warnings").as_array().size() == 1);
    }
    shell({"run-template", "assign-credential", "7", "--credential_id", "5"});
    CHECK(shell.out == "Credential 5 (Bank) assigned to run template 7, instead of 4 (Spare)\n");
    CHECK(shell.err == "Warning: The run template has a value of its own for A.\n");
    CHECK(shell({"run-template:unassign-credential", "7", "--credential_id", "9", "-f", "json"}).code == 0);
    CHECK(compact(shell) == R"({"status":"not_found","runtemplate_id":7,"credential_id":9,"prototype":null})");
    shell({"run-template:list-credentials", "--id", "7", "--format", "json"});
    CHECK(
        compact(shell) ==
        R"([{"id":1,"runtemplate_id":7,"credentials_id":5,"credential_name":"Main","credential_type_name":"Our bank",)"
        R"("credential_prototype":"Bank","credential_type_uuid":"u","credential_type_logo":"","position":1,"state":"unknown","message":""}])");
    CHECK(shell({"run-template:assign-credential", "7"}).out == "Missing --id or --credential_id\n");
}

TEST_CASE("a run template tells which requirements are not met") {
    FakeBackend fake;
    fake.offer("runtemplate:get", {"id", "name"},
               json::value(json::object{{"id", 7},
                                        {"name", "Nightly"},
                                        {"configuration", {{"A", "x"}}},
                                        {"requirements", {{{"prototype", "Bank"}, {"state", "unassigned"}}}},
                                        {"warnings", {"Its jobs will be blocked: no Bank."}}}));
    Shell shell{fake};
    shell({"run-template:get", "7", "-f", "json"});
    CHECK(shell.document().at("requirements").at(0).at("state") == "unassigned");
    CHECK(shell.document().at("warnings").as_array().size() == 1);
    shell({"run-template:get", "7"});
    CHECK(shell.err == "Warning: Its jobs will be blocked: no Bank.\n");
    CHECK(shell.out.find("requirements") == std::string::npos);
}
