// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What only a Latin-1 terminal writes; not UTF-8.
constexpr const char* latin = "p\xe9ssw";

}  // namespace

TEST_CASE("what is forbidden is called as it was typed") {
    FakeBackend fake;
    const auto forbid = [&](std::string name, std::initializer_list<std::string_view> fields) {
        const auto sentence = fmt::format("'{}' needs the role editor in the company.", name);
        fake.offer(std::move(name), fields, Error{ErrorCode::forbidden, sentence});
    };
    forbid("runtemplate:update", {"id", "name"});
    testing::Shell shell{fake};
    CHECK(shell({"runtemplate:update", "--id", "1", "--name", "x"}).out ==
          "'run-template:update' needs the role editor in the company.\n");
    CHECK(shell({"run-template:update", "--id", "1", "--name", "x", "-f", "json"}).out.find("'runtemplate:update'") ==
          std::string::npos);
}

TEST_CASE("what is not UTF-8 is refused before anything is asked, by the name of its option, and not repeated") {
    FakeBackend fake;
    fake.offer("runtemplate:update", {"id", "name", "config"}, json::value(json::object{}));
    fake.offer("company:get", {"id"}, json::value(json::object{{"id", 1}}));
    fake.offer("artifact:get", {"id"}, json::value(json::object{{"id", 1}}));
    fake.artifacts[1] = {"x"};
    Shell shell{fake};
    const auto refused = [&](std::vector<std::string> words, std::string_view option) {
        shell(std::move(words));
        CHECK(shell.code == 1);
        CHECK_MESSAGE(has(shell.err, fmt::format("The value of the \"--{}\" option is not valid UTF-8.", option)),
                      shell.err);
        CHECK_FALSE(has(shell.err, latin));
    };
    refused({"run-template:update", "--id", "1", "--config", std::string("PASSWORD=") + latin}, "config");
    refused({"run-template:update", "--id=1", std::string("--name=") + latin}, "name");
    refused({"company:get", latin}, "id");
    refused({"run-template:update", "--id", "1", "--name", latin, "-f", "json"}, "name");
    CHECK(shell.document().at("status") == "error");
    CHECK(fake.asked.empty());
    // Names of files are bytes.
    mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / latin).string();
    CHECK(shell({"artifact:save", "--id", "1", "--file", file}).code == 0);
    CHECK(std::filesystem::exists(file));
}

TEST_CASE("a file of values that is not UTF-8 is refused by its line") {
    FakeBackend fake;
    fake.offer("runtemplate:update", {"id", "config"}, json::value(json::object{}));
    mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "values").string();
    std::ofstream(file) << "A=1\nPASSWORD=" << latin << "\n";
    Shell shell{fake};
    shell({"run-template:update", "--id", "1", "--config-file", file, "-f", "json"});
    CHECK(shell.code == 1);
    CHECK(fake.asked.empty());
    CHECK(has(shell.document().at("message").as_string(),
              fmt::format("Line 2 of {} has a value that is not valid UTF-8.", file)));
    CHECK_FALSE(has(shell.out, "ssw"));
    CHECK(shell.document().at("errors").at(0).at("field").as_string() == file + ":2");
}

TEST_CASE("a complaint about an input names the option that was typed") {
    FakeBackend fake;
    fake.offer("company:create", {"name", "code"},
               Error{ErrorCode::invalid, "code is longer than 64 bytes.", {{"code", "is longer than 64 bytes"}}});
    Shell shell{fake};
    shell({"company:create", "--name", "Beta", "--slug", "beta", "-f", "json"});
    CHECK(shell.document().at("errors").at(0).at("field") == "slug");
    CHECK(shell.document().at("message") == "--slug is longer than 64 bytes.");
    // Where the option has the name of the input, nothing changes, whatever else means the same input.
    fake.offer("runtemplate:update", {"id", "config"},
               Error{ErrorCode::invalid, "Bad.", {{"config", "is bad"}, {"unknown", "is bad"}}});
    shell({"run-template:update", "--id", "1", "--config", "A=1", "-f", "json"});
    CHECK(shell.document().at("errors").at(0).at("field") == "config");
    CHECK(shell.document().at("errors").at(1).at("field") == "unknown");
}

TEST_CASE("with -f json the program speaks JSON about itself, too") {
    FakeBackend fake;
    fake.offer("company:list", {}, json::value(json::array()));
    Shell shell{fake};
    for (const auto& words :
         {std::vector<std::string>{"--version", "-f", "json"}, {"-V", "-fjson"}, {"list", "--version", "-f", "json"}}) {
        CHECK(shell(words).code == 0);
        CHECK(shell.document().at("version") == MULTIFLEXI_VERSION);
    }
    shell({"help", "--man", "-f", "json"});
    CHECK(has(shell.document().at("manual").as_string(), ".TH"));
    shell({"company:list", "--help", "-f", "json"});
    CHECK(shell.document().at("name") == "company:list");
    CHECK(has(shell.document().at("help").as_string(), "Usage:"));
    shell({"company", "--help", "-f", "json"});
    CHECK(shell.document().at("name") == "company");
    shell({"--help", "-f", "json"});
    CHECK(shell.document().at("commands").is_array());
    CHECK(shell({"describe", "--help"}).out.starts_with("Description:"));
    CHECK(shell({"--version"}).out.starts_with("multiflexi"));
}

TEST_CASE("to prune logs answers in the words of the contract") {
    FakeBackend fake;
    fake.offer("prune", {"?jobs", "?logs", "keep"},
               json::value(json::object{{"deleted_jobs", 3}, {"deleted_tasks", 2}, {"more", false}}));
    Shell shell{fake};
    shell({"prune", "--logs", "--jobs", "--keep", "5"});
    CHECK(shell.out ==
          "Pruning logs, keeping latest 5 records...\nDeleted 0 records from log.\n"
          "Pruning jobs, keeping latest 5 records...\nDeleted 3 records from job.\n"
          "Deleted 2 records from task.\nPrune completed.\n");
    CHECK(has(shell.err, "The log of the server is not in the database"));
}

TEST_CASE("the files of a job are counted without its output") {
    FakeBackend fake;
    const auto artifact = [](std::int64_t id, std::string_view kind) {
        return json::object{{"id", id}, {"kind", kind}, {"filename", kind}};
    };
    json::array rows{artifact(1, "stdout"), artifact(2, "stderr")};
    fake.offer("artifact:list", {"job_id"},
               [&](const json::object&) -> Result<json::value> { return json::value(rows); });
    Shell shell{fake};
    const std::vector<std::string> words{"job:artifacts", "--id", "8", "--file", "X"};
    CHECK(shell(words).out ==
          "Job 8 has no files besides stdout.txt and stderr.txt; save one of them with artifact:save --id.\n");
    rows.push_back(artifact(3, "file"));
    rows.push_back(artifact(4, "file"));
    CHECK(shell(words).out ==
          "Job 8 has 2 files besides stdout.txt and stderr.txt; save each with artifact:save --id.\n");
    rows.clear();
    CHECK(shell(words).out == "Job 8 has no artifacts.\n");
}

TEST_CASE("of several files each answer says of which it is") {
    FakeBackend fake;
    fake.offer("application:validate", {"document", "file"}, json::value(json::object{{"valid", true}}));
    mf::testing::TemporaryDirectory directory;
    std::vector<std::string> files;
    for (const auto* name : {"a.json", "b.json"}) {
        files.push_back((directory.path() / name).string());
        std::ofstream(files.back()) << "{}";
    }
    Shell shell{fake};
    CHECK(shell({"application:validate-json", files[0], files[1]}).out ==
          fmt::format("{}: JSON is valid\n{}: JSON is valid\n0 of 2 files failed\n", files[0], files[1]));
    CHECK(shell({"application:validate-json", files[0]}).out == "JSON is valid\n");
}
