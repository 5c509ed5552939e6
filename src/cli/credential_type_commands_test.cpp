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

json::object our_bank() {
    return {{"id", 2},
            {"company_id", 3},
            {"uuid", "u"},
            {"name", "Our bank"},
            {"description", ""},
            {"prototype", "Bank"},
            {"url", ""},
            {"logo", ""},
            {"version", 1},
            {"installed", true},
            {"created_at", "2025-06-15T10:00:00Z"},
            {"updated_at", "2025-06-15T10:00:00Z"},
            {"settings", {{"BANK_TOKEN", "••••••••"}}},
            {"fields",
             {{{"keyword", "BANK_TOKEN"},
               {"type", "password"},
               {"name", {{"en", "Token"}}},
               {"required", true},
               {"secret", true}}}}};
}

json::object bank() {
    return {{"id", 1},
            {"uuid", "u"},
            {"code", "Bank"},
            {"name", "Bank"},
            {"description", "A bank."},
            {"version", "1.0"},
            {"url", ""},
            {"homepage", ""},
            {"tags", {"a", "b"}},
            {"logo", ""},
            {"created_at", "2025-06-15T10:00:00Z"},
            {"updated_at", "2025-06-15T10:00:00Z"},
            {"fields", json::array()}};
}

/// Definitions of all kinds in a directory of their own.
struct Definitions {
    Definitions() {
        for (const auto* name : {"a.credprototype.json", "b.crprototype.json", "c.credential-type.json",
                                 "d.credtype.json", "e.multiflexi.app.json"})
            std::ofstream(directory.path() / name) << "{}";
    }
    TemporaryDirectory directory;
    std::string file(const char* name) const { return (directory.path() / name).string(); }
};

}  // namespace

TEST_CASE("a credential type has a class, and its version is a number") {
    FakeBackend fake;
    fake.offer("credential-type:list", {"limit", "offset", "order", "after", "company_id"},
               json::value(json::array{our_bank()}));
    Shell shell{fake};
    const std::string row =
        R"({"id":2,"name":"Our bank","url":"","logo":"","uuid":"u","prototype":"Bank","company_id":3,"version":1,"class":"Bank",)"
        R"("installed":1,"created_at":"2025-06-15 12:00:00","updated_at":"2025-06-15 12:00:00"})";
    for (const auto& spelled : {std::vector<std::string>{"credential-type:list"},
                                {"credtype:list"},
                                {"credtype", "list"},
                                {"credentialtype", "list"}}) {
        auto words = spelled;
        for (const auto* word : {"--format=json", "--order=D", "--limit=5", "--offset=0"}) words.emplace_back(word);
        shell(words);
        CHECK(compact(shell) == "[" + row + "]");
    }
}

TEST_CASE("a credential type is created and changed with the answers that clients read") {
    FakeBackend fake;
    fake.offer("credential-type:create", {"company_id", "class", "name", "uuid", "url", "logo", "*settings"},
               json::value(our_bank()));
    fake.offer("credential-type:update", {"id", "uuid", "company_id", "class", "name", "*settings", "*unset"},
               json::value(json::object{{"updated", true}, {"record", our_bank()}}));
    fake.offer("credential-type:delete", {"id", "uuid"}, json::value(json::object{{"deleted", true}, {"id", 2}}));
    fake.offer("credential-type:get", {"id", "uuid"}, json::value(our_bank()));
    Shell shell{fake};
    CHECK(shell({"credtype:create", "--format=json", "--name", "Our bank", "--company-id", "3", "--class", "Bank"})
              .code == 0);
    CHECK(shell.document().at("id") == 2);
    CHECK(shell.document().at("class") == "Bank");
    CHECK(shell.document().at("company_id") == 3);
    CHECK(to_text(shell.last()) == R"({"name":"Our bank","company_id":"3","class":"Bank"})");
    CHECK(shell({"credential-type:create", "--class", "Bank"}).out == "Missing --company-id or --class\n");
    CHECK(shell({"credential-type:create", "--company-id", "3"}).out == "Missing --company-id or --class\n");
    CHECK(shell({"credential-type:create", "--class", "Bank", "--all-companies"}).out ==
          "Credential type created with ID: 2\n");
    CHECK(to_text(shell.last()) == R"({"class":"Bank"})");
    CHECK(shell({"credential-type:create", "--class", "B", "--all-companies", "--company-id", "3"}).code == 1);
    shell({"credential-type:update", "--id", "2", "--name", "x", "--setting", "A=1", "-f", "json"});
    CHECK(compact(shell) == R"({"updated":true,"credential_type_id":"2"})");
    CHECK(to_text(shell.last()) == R"({"id":"2","name":"x","settings":{"A":"1"}})");
    CHECK(shell({"credential-type:update", "--uuid", "u"}).out == "No fields to update\n");
    shell({"credtype", "delete", "--id", "2", "--format=json"});
    CHECK(compact(shell) == R"({"credential_type_id":"2","deleted":true})");
    shell({"credtype", "show", "2", "-f", "json"});
    CHECK(shell.document().at("fields").at(0).at("keyword") == "BANK_TOKEN");
    CHECK(shell.document().at("settings").at("BANK_TOKEN") == "••••••••");
    shell({"credential-type:get", "2"});
    CHECK(shell.out.find("class: Bank\n") != std::string::npos);
    CHECK(shell.out.find("| BANK_TOKEN | password | Token |") != std::string::npos);
}

TEST_CASE("an unknown prototype is told in the words that clients know") {
    FakeBackend fake;
    fake.offer("credential-type:create", {"company_id", "class"},
               Error{ErrorCode::not_found, "No credential prototype found for class: X"});
    fake.offer("credential-prototype:get", {"id", "uuid", "code"}, Error{ErrorCode::not_found, "none"});
    Shell shell{fake};
    CHECK(shell({"credential-type:create", "--company-id", "3", "--class", "X"}).code == 1);
    CHECK(shell.out == "No credential prototype found for class: X\n");
    CHECK(shell({"credential-prototype:get", "--code", "X", "-f", "json", "--verbose"}).code == 1);
    CHECK(compact(shell) ==
          R"({"status":"not found","message":"No credential prototype found with given identifier"})");
}

TEST_CASE("a prototype has the shapes that clients read") {
    FakeBackend fake;
    fake.offer("credential-prototype:get", {"id", "uuid", "code"}, json::value(bank()));
    fake.offer("credential-prototype:create", {"code", "name", "uuid", "description", "version", "url"},
               json::value(bank()));
    fake.offer("credential-prototype:update", {"id", "uuid", "code", "name"},
               json::value(json::object{{"updated", true}, {"record", bank()}}));
    fake.offer("credential-prototype:delete", {"id", "uuid", "code"},
               json::value(json::object{{"deleted", true}, {"id", 1}}));
    fake.offer("credential-prototype:sync", {},
               json::value(json::object{{"processed", 2},
                                        {"created", 1},
                                        {"updated", 0},
                                        {"errors", 0},
                                        {"skipped", 1},
                                        {"problems", json::array()}}));
    Shell shell{fake};
    shell({"crprototype", "get", "--code", "Bank", "-f", "json"});
    CHECK(
        compact(shell) ==
        R"({"id":1,"uuid":"u","code":"Bank","name":"Bank","description":"A bank.","version":"1.0","url":"","homepage":"","tags":"a,b",)"
        R"("logo":"","created_at":"2025-06-15 12:00:00","updated_at":"2025-06-15 12:00:00","fields":[]})");
    shell({"crprototype:create", "--format=json", "--name", "Bank", "--code", "Bank", "--prototype-version", "1.0"});
    CHECK(
        compact(shell) ==
        R"({"status":"success","message":"Credential prototype created with ID: 1","id":1,"credential_prototype_id":1,"code":"Bank","uuid":"u"})");
    CHECK(to_text(shell.last()) == R"({"name":"Bank","code":"Bank","version":"1.0"})");
    shell({"crprototype:update", "--format=json", "--id", "1", "--name", "x"});
    CHECK(compact(shell) == R"({"updated":true,"credential_prototype_id":"1"})");
    shell({"crprototype:delete", "--format=json", "--id", "1"});
    CHECK(compact(shell) == R"({"credential_prototype_id":"1","deleted":true})");
    CHECK(shell({"crprototype", "sync", "--format=json"}).code == 0);
    CHECK(compact(shell) == R"({"processed":2,"created":1,"updated":0,"errors":0,"skipped":1})");
    CHECK(shell({"credential-prototype:sync"}).out == "processed: 2\ncreated: 1\nupdated: 0\nerrors: 0\nskipped: 1\n");
}

TEST_CASE("a registration that failed in part says so on standard error, and with its exit code") {
    FakeBackend fake;
    fake.offer("credential-prototype:sync", {},
               json::value(json::object{{"processed", 1},
                                        {"created", 0},
                                        {"updated", 0},
                                        {"errors", 1},
                                        {"skipped", 0},
                                        {"problems", {"x is wrong."}}}));
    Shell shell{fake};
    CHECK(shell({"credential-prototype:sync", "-f", "json"}).code == 1);
    CHECK(shell.document().at("errors") == 1);
    CHECK(shell.err == "x is wrong.\n");
}

TEST_CASE("definitions of credentials are imported and validated file by file") {
    Definitions definitions;
    FakeBackend fake;
    const json::value done{
        {"action", "updated"},
        {"id", 1},
        {"uuid", "u"},
        {"code", "Bank"},
        {"name", "Bank"},
        {"prototype", bank()},
        {"changes", {{"version", {{"from", "1.0"}, {"to", "1.1"}}}}},
        {"incomplete_credentials", {{{"id", 5}, {"name", "Main"}, {"missing", {"A"}}}}},
        {"orphaned_values", {{{"credential_type_id", 2}, {"credential_type", "Our"}, {"name", "B"}}}}};
    fake.offer("credential-prototype:import", {"document", "file", "?dry_run", "?force"}, done);
    fake.offer("credential-prototype:validate", {"document", "file"},
               json::value(json::object{
                   {"valid", false},
                   {"findings", {{{"severity", "error"}, {"code", "x"}, {"pointer", "/code"}, {"message", "No."}}}}}));
    fake.offer("credential-type:import", {"document", "file", "company_id", "?dry_run"}, done);
    Shell shell{fake};
    const auto prototype = definitions.file("a.credprototype.json");
    CHECK(shell({"credential-prototype:import-json", "--file", prototype}).code == 0);
    CHECK(shell.out ==
          fmt::format("MultiFlexi credential prototype imported successfully: Bank\n{}: updated\n"
                      "Credential 5 (Main) lacks a value now: A\n"
                      "Credential type 2 (Our) keeps a value that the definition does not have any more: B\n",
                      prototype));
    shell({"crprototype", "import", "--file", prototype, "--dry-run"});
    CHECK(shell.out.starts_with(
        "Nothing was changed. The credential prototype would be updated: Bank\n  version: 1.0 -> 1.1\n"));
    CHECK(shell.last().at("dry_run") == true);
    shell({"credential-prototype:import-json", "--file", prototype, "-f", "json"});
    CHECK(shell.document().at("status") == "success");
    CHECK(shell.document().at("id") == 1);
    CHECK(shell.document().at("imported").at("code") == "Bank");
    // Of a directory only the files of the kind.
    shell({"credential-prototype:import-json", "--file", definitions.directory.path().string(), "-f", "json"});
    CHECK(shell.document().as_array().size() == 2);
    shell({"credtype", "import", "--file", definitions.directory.path().string(), "--company", "3", "-f", "json"});
    CHECK(shell.document().as_array().size() == 2);
    CHECK(shell.last().at("company_id") == "3");
    CHECK(shell({"credential-prototype:validate-json", "--file", prototype}).code == 1);
    CHECK(shell.out.find("Property 'code': No.\n") != std::string::npos);
    CHECK(shell.out.find("credential-prototype.json") != std::string::npos);
}

TEST_CASE("a definition is written to a file or to standard output") {
    Definitions definitions;
    FakeBackend fake;
    fake.offer("credential-type:export", {"id", "uuid"},
               json::value(json::object{{"document", "{\"a\":1}\n"}, {"suggested_name", "x"}}));
    Shell shell{fake};
    CHECK(shell({"credential-type:export-json", "--id", "2", "--file", "-"}).out == "{\"a\":1}\n");
    const auto file = definitions.file("out.json");
    CHECK(shell({"credential-type:export-json", "--id", "2", "--file", file}).code == 0);
    std::ifstream in(file);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "{\"a\":1}\n");
}
