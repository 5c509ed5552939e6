// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;
using mf::testing::TemporaryDirectory;

namespace {

Error refusal(std::string file) {
    return {ErrorCode::conflict,
            "Version 2.0 is installed.",
            {{"/version", "Version 2.0 is installed. Use --force.", "downgrade", R"("1.0")", std::move(file)}}};
}

/// A definition in a directory of its own.
struct File {
    File() { std::ofstream(path) << "{}"; }
    TemporaryDirectory directory;
    std::filesystem::path path = directory.path() / "ledger.app.json";
};

}  // namespace

TEST_CASE("a refused import has code, file, place and value in members of their own") {
    File file;
    FakeBackend fake;
    fake.offer("application:import", {"document", "file"}, refusal(file.path.string()));
    fake.offer("application:validate", {"document", "file"}, json::value(json::object{{"valid", true}}));
    Shell shell{fake};
    CHECK(shell({"application:import-json", "--file", file.path.string(), "-f", "json"}).code == 1);
    const auto document = shell.document().as_object();
    CHECK(document.at("status") == "error");
    CHECK(document.at("imported").as_array().empty());
    CHECK(to_text(document.at("findings")) ==
          to_text(json::array{json::object{{"severity", "error"},
                                           {"code", "downgrade"},
                                           {"file", file.path.string()},
                                           {"pointer", "/version"},
                                           {"value", R"("1.0")"},
                                           {"message", "Version 2.0 is installed. Use --force."}}}));
    shell({"application:import-json", "--file", file.path.string()});
    CHECK(shell.out ==
          fmt::format("Failed to import application\nerror: {}: /version: Version 2.0 is installed. Use --force. "
                      "Found: \"1.0\". [downgrade]\n",
                      file.path.string()));
}

TEST_CASE("a refused removal tells why, with code, file, place and value") {
    File file;
    FakeBackend fake;
    Error error = refusal(file.path.string());
    error.fields[0] = {"/uuid", "It is used by one run template: 3 (Nightly).", "in_use", R"("u")", file.path.string()};
    fake.offer("application:remove", {"document", "file"}, error);
    Shell shell{fake};
    CHECK(shell({"application:remove-json", "--file", file.path.string(), "-f", "json"}).code == 1);
    const auto document = shell.document().as_object();
    CHECK(document.at("removed") == false);
    const auto& finding = document.at("findings").at(0);
    CHECK(finding.at("code") == "in_use");
    CHECK(finding.at("file").as_string() == file.path.string());
    CHECK(finding.at("pointer") == "/uuid");
    CHECK(finding.at("value") == R"("u")");
    shell({"application:remove-json", "--file", file.path.string()});
    CHECK(shell.out == fmt::format("Failed to remove application\nerror: {}: /uuid: It is used by one run template: 3 "
                                   "(Nightly). Found: \"u\". [in_use]\n",
                                   file.path.string()));
}

TEST_CASE("an unreadable file is a finding with a code, too") {
    FakeBackend fake;
    fake.offer("application:import", {"document", "file"}, json::value(nullptr));
    Shell shell{fake};
    CHECK(shell({"application:import-json", "--file", "/nowhere/a.json", "-f", "json"}).code == 1);
    CHECK(shell.document().at("findings").at(0).at("code") == "file_not_found");
    shell({"application:import-json", "--file", "/dev/null", "-f", "json"});
    CHECK(shell.document().at("findings").at(0).at("code") == "file_unreadable");
}

TEST_CASE("the application remembers the real path of its file; standard input is no file") {
    File file;
    const auto link = file.directory.path() / "link.json";
    std::filesystem::create_symlink(file.path, link);
    FakeBackend fake;
    fake.offer("application:import", {"document", "file", "source"}, json::value(json::object{{"action", "created"}}));
    Shell shell{.backend = fake, .input = "{}"};
    const auto named = (file.directory.path() / "." / "link.json").string();
    shell({"application:import-json", "--file", named});
    CHECK(shell.last().at("file").as_string() == named);
    CHECK(shell.last().at("source").as_string() == std::filesystem::canonical(file.path).string());
    shell({"application:import-json", "--file", "-"});
    CHECK(shell.last().at("file") == "-");
    CHECK_FALSE(shell.last().contains("source"));
}

TEST_CASE("a dry run tells what would change") {
    File file;
    FakeBackend fake;
    fake.offer("application:import", {"document", "file", "?dry_run"},
               json::value(json::object{
                   {"action", "updated"},
                   {"name", "Ledger"},
                   {"changes",
                    {{"version", {{"from", "1.0"}, {"to", "1.1"}}},
                     {"environment", {{"added", {"A", "B"}}, {"changed", json::array()}, {"removed", {"C"}}}}}}}));
    Shell shell{fake};
    shell({"application:import-json", "--file", file.path.string(), "--dry-run"});
    CHECK(shell.out ==
          "Nothing was changed. MultiFlexi Application would be updated: Ledger\n  version: 1.0 -> 1.1\n"
          "  environment: + A, + B, - C\n");
}

TEST_CASE("an import tells what it means for run templates") {
    File file;
    FakeBackend fake;
    fake.offer(
        "application:import", {"document", "file"},
        json::value(json::object{{"action", "updated"},
                                 {"uuid", "u"},
                                 {"name", "Ledger"},
                                 {"incomplete_templates", {{{"id", 3}, {"name", "Nightly"}, {"missing", {"A", "B"}}}}},
                                 {"orphaned_values", {{{"runtemplate_id", 4}, {"name", "OLD"}}}}}));
    Shell shell{fake};
    shell({"application:import-json", "--file", file.path.string()});
    CHECK(shell.out.find("Run template 3 (Nightly) lacks a value now, it will be blocked: A, B\n") !=
          std::string::npos);
    CHECK(shell.out.find("Run template 4 keeps a value that the application does not declare: OLD\n") !=
          std::string::npos);
    shell({"application:import-json", "--file", file.path.string(), "-f", "json"});
    const auto document = shell.document().as_object();
    CHECK(document.at("uuid") == "u");
    CHECK(document.at("incomplete_templates").as_array().size() == 1);
    CHECK(document.at("orphaned_values").as_array().size() == 1);
}

TEST_CASE("an import that brings an application back says so to people and programs, and only then") {
    File file;
    FakeBackend fake;
    json::object answer{{"action", "updated"}, {"name", "Ledger"}, {"restored", true}};
    fake.offer("application:import", {"document", "file", "?dry_run"},
               [&](const json::object&) -> Result<json::value> { return json::value(answer); });
    Shell shell{fake};
    const std::vector<std::string> words{"application:import-json", "--file", file.path.string()};
    CHECK(shell(words).out.find("It was removed before and is restored, with its history.\n") != std::string::npos);
    CHECK(shell({words[0], words[1], words[2], "--dry-run"}).out.find("would be restored") != std::string::npos);
    CHECK(shell({words[0], words[1], words[2], "-f", "json"}).document().at("restored") == true);
    answer["restored"] = false;
    CHECK(shell(words).out.find("restored") == std::string::npos);
    CHECK_FALSE(shell({words[0], words[1], words[2], "-f", "json"}).document().as_object().contains("restored"));
}
