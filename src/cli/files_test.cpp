// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/input_file.h"
#include "cli/output_file.h"
#include "cli/shape.h"
#include "cli/testing/fake_backend.h"
#include "support/corpus.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::read_file;
using mf::testing::Shell;
using mf::testing::TemporaryDirectory;

namespace {

void put(const std::filesystem::path& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

/// Accepts documents that say so; others have two findings.
FakeBackend definitions() {
    FakeBackend fake;
    const auto verdict = [](const json::object& input) { return input.at("document").as_string() == "good"; };
    fake.offer("application:import", {"document", "file", "?dry_run", "?force", "?enable", "?adopt"},
               [=](const json::object& input) -> Result<json::value> {
                   if (!verdict(input))
                       return Error{ErrorCode::invalid, "Rejected.", {{"/environment/A", "The type is not known."}}};
                   return json::object{
                       {"action", "created"},
                       {"id", 7},
                       {"uuid", "u"},
                       {"name", "Probe"},
                       {"application", json::object{{"name", "Probe"}, {"arguments", "-v"}, {"tags", {"a", "b"}}}},
                       {"findings", json::array{json::object{{"severity", "warning"},
                                                             {"code", "legacy_key"},
                                                             {"pointer", "/setup"},
                                                             {"value", "\"x\""},
                                                             {"message", "Old."}}}}};
               });
    fake.offer("application:validate", {"document", "file"}, [=](const json::object& input) -> Result<json::value> {
        json::array findings;
        if (!verdict(input))
            findings.push_back(json::object{{"severity", "error"},
                                            {"code", "type_unknown"},
                                            {"pointer", "/environment/A/type"},
                                            {"value", "\"foo\""},
                                            {"message", "The type is not known."}});
        return json::object{{"valid", verdict(input)}, {"findings", std::move(findings)}};
    });
    fake.offer("application:remove", {"document"}, [=](const json::object& input) -> Result<json::value> {
        return json::object{{"removed", verdict(input)}};
    });
    return fake;
}

}  // namespace

TEST_CASE("a definition is imported in the form of the contract, with everything that was found") {
    auto fake = definitions();
    TemporaryDirectory directory;
    const auto file = (directory.path() / "a.json").string();
    put(file, "good");
    Shell shell{fake};
    CHECK(shell({"application", "import-json", "--json", file, "-f", "json", "--enable"}).code == 0);
    CHECK(to_text(shell.last()) == fmt::format(R"({{"document":"good","file":"{}","enable":true}})", file));
    const auto document = shell.document().as_object();
    CHECK(document.at("imported").as_object().at("cmdparams") == "-v");
    CHECK(document.at("imported").as_object().at("tags") == "a,b");
    CHECK(document.at("id") == 7);
    shell({"application:import-json", "--file", file});
    CHECK(shell.out.starts_with("MultiFlexi Application imported successfully: Probe\n"));
    CHECK(shell.out.find(file + ": /setup: Old. Found: \"x\". [legacy_key]") != std::string::npos);
    CHECK(shell({"application:import-json", "--file", file, "--dry-run"}).out.starts_with("Nothing was changed."));
    CHECK(shell({"application:import-json"}).out == "Missing --file\n");
}

TEST_CASE("a rejected definition names file, pointer and value, and fails") {
    auto fake = definitions();
    TemporaryDirectory directory;
    const auto file = (directory.path() / "bad.json").string();
    put(file, "bad");
    Shell shell{fake};
    CHECK(shell({"application:import-json", "--file", file}).code == 1);
    CHECK(shell.out.starts_with("Failed to import application\n"));
    const auto line =
        fmt::format("error: {}: /environment/A/type: The type is not known. Found: \"foo\". [type_unknown]", file);
    CHECK(shell.out.find(line) != std::string::npos);
    CHECK(shell({"application:import-json", "--file", file, "-f", "json"}).code == 1);
    CHECK(shell.document().as_object().at("imported").as_array().empty());
    CHECK(shell({"application:validate-json", "--file", file}).code == 1);
    CHECK(shell.out.starts_with("JSON validation failed\n"));
    CHECK(shell.out.find("Property 'environment.A.type': The type is not known.") != std::string::npos);
    CHECK(shell.out.find(line) != std::string::npos);
    shell({"application:validate-json", "--file", file, "-f", "json"});
    const auto document = shell.document().as_object();
    CHECK(document.at("message") == "JSON validation failed");
    CHECK(document.at("status") == "error");
    CHECK(document.at("violations").as_array().size() == 2);
    CHECK(document.contains("schema"));
}

TEST_CASE("what does not show in a pointer is written out") {
    FakeBackend fake;
    fake.offer("application:validate", {"document", "file"}, [](const json::object&) -> Result<json::value> {
        return json::object{
            {"valid", false},
            {"findings", json::array{json::object{
                             {"severity", "error"}, {"pointer", "/environment/A\n\u202eB"}, {"message", "No."}}}}};
    });
    TemporaryDirectory directory;
    const auto file = (directory.path() / "bad.json").string();
    put(file, "bad");
    Shell shell{fake};
    CHECK(shell({"application:validate-json", "--file", file}).code == 1);
    CHECK(shell.out.find("Property 'environment.A\\n\\u202eB': No.") != std::string::npos);
    CHECK(shell.out.find("/environment/A\\n\\u202eB: No.") != std::string::npos);
}

TEST_CASE("several files, directories and standard input") {
    auto fake = definitions();
    TemporaryDirectory directory;
    put(directory.path() / "a.multiflexi.app.json", "good");
    put(directory.path() / "b.json", "bad");
    put(directory.path() / "c.credprototype.json", "bad");
    put(directory.path() / "readme.txt", "bad");
    put(directory.path() / ".hidden.json", "bad");
    std::filesystem::create_directory(directory.path() / "empty");
    Shell shell{.backend = fake, .input = "good"};
    CHECK(shell({"application:import-json", "--file", directory.path().string(), "-f", "json"}).code == 1);
    CHECK(shell.document().as_array().size() == 2);
    shell({"application:import-json", "--file", directory.path().string()});
    CHECK(shell.out.ends_with("1 of 2 files failed\n"));
    CHECK(shell({"application:validate-json", "--file", "-"}).code == 0);
    CHECK(shell.out == "JSON is valid\n");
    CHECK(shell({"application:validate-json", "-", "-f", "json"}).document().as_object().at("file") == "-");
    CHECK(shell({"application:import-json", "--file", (directory.path() / "empty").string()}).code == 1);
    CHECK(shell.out.find("no file in it is called *.json") != std::string::npos);
    CHECK(shell({"application:remove-json", "--file", "-", "-f", "json"}).document().as_object().at("removed") == true);
    shell.input = "unknown";
    CHECK(shell({"application:remove-json", "--file", "-"}).code == 0);
    CHECK(shell.out == "Application was not installed\n");
}

TEST_CASE("only regular files of at most 5 MiB are read") {
    auto fake = definitions();
    TemporaryDirectory directory;
    Shell shell{fake};
    const auto pipe = (directory.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto import = [&](const std::string& file) {
        shell({"application:import-json", "--file", file});
        CHECK(shell.code == 1);
        CHECK(shell.out.starts_with("Missing or invalid --file " + file));
        return shell.out;
    };
    CHECK(import("/dev/zero").find("It is a device") != std::string::npos);
    CHECK(import(pipe).find("It is a pipe") != std::string::npos);
    CHECK(import("/nowhere/x.json").find("It does not exist.") != std::string::npos);
    const auto large = directory.path() / "large.json";
    put(large, "x");
    std::filesystem::resize_file(large, largest_definition + 1);
    CHECK(import(large.string()).find("It is too large") != std::string::npos);
    std::filesystem::resize_file(large, largest_definition);
    CHECK(read_input_file(large.string(), *std::make_unique<Terminal>(), largest_definition));
    CHECK(fake.asked.empty());
}

TEST_CASE("an artifact is saved completely or not at all") {
    FakeBackend fake;
    fake.offer("artifact:get", {"id"}, [](const json::object& input) -> Result<json::value> {
        if (plain_text(input.at("id")) != "1") return Error{ErrorCode::not_found, "No."};
        return json::object{
            {"id", 1}, {"job_id", 5}, {"filename", "r.bin"}, {"content_type", "text/plain"}, {"size", 5}};
    });
    const std::string binary("a\0b\xff\n", 5);
    fake.artifacts[1] = {binary.substr(0, 2), binary.substr(2)};
    TemporaryDirectory directory;
    const auto file = (directory.path() / "out").string();
    Shell shell{fake};
    CHECK(shell({"artifact", "save", "--id", "1", "--file", file}).out ==
          fmt::format("Artifact saved: ID=1 -> {} (5 bytes)\n", file));
    CHECK(read_file(file) == binary);
    shell({"artifact:save", "--id", "1", "--file", file, "-f", "json"});
    CHECK(
        to_text(shell.document()) ==
        fmt::format(
            R"({{"artifact_id":"1","file":"{}","size":5,"saved":true,"original_filename":"r.bin","content_type":"text/plain"}})",
            file));
    CHECK(shell({"artifact:save", "--id", "1", "--file", "-"}).out == binary);
    CHECK(shell({"artifact:save", "--id", "1", "--file", "-", "-f", "json"}).document().as_object().at("status") ==
          "error");
    CHECK(shell.code == 1);
    CHECK(shell({"artifact:save", "--id", "2", "--file", file}).out == "Artifact not found: ID=2\n");
    CHECK(shell({"artifact:get", "--id", "2", "-f", "json"}).document().as_object().at("status") == "error");
    CHECK(shell({"artifact:get", "--id", "1", "-f", "json"}).document().as_object().at("artifact") ==
          json::value(to_utf8(binary)));

    fake.transfer_fails = true;
    const auto other = (directory.path() / "other").string();
    CHECK(shell({"artifact:save", "--id", "1", "--file", other}).code == 1);
    CHECK(shell({"artifact:save", "--id", "1", "--file", file}).code == 1);
    CHECK(read_file(file) == binary);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("a file that is replaced keeps its permissions, links stay links, devices stay devices") {
    TemporaryDirectory directory;
    const auto file = (directory.path() / "file").string();
    const auto link = (directory.path() / "link").string();
    put(file, "old");
    std::filesystem::permissions(file, std::filesystem::perms(0640));
    std::filesystem::create_symlink("file", link);
    auto out = OutputFile::create(link);
    REQUIRE(out);
    CHECK((*out)->write("new"));
    CHECK(read_file(file) == "old");
    CHECK((*out)->commit());
    CHECK(read_file(file) == "new");
    CHECK(std::filesystem::is_symlink(link));
    CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0640));
    auto null = OutputFile::create("/dev/null");
    REQUIRE(null);
    CHECK((*null)->write("x"));
    CHECK((*null)->commit());
    CHECK(std::filesystem::is_character_file("/dev/null"));
    CHECK_FALSE(OutputFile::create(directory.path().string()));
    CHECK_FALSE(OutputFile::create((directory.path() / "no" / "file").string()));
    CHECK_FALSE(OutputFile::create(""));
}

TEST_CASE("an open file is written to where it is, not replaced") {
    TemporaryDirectory directory;
    const auto file = (directory.path() / "file").string();
    put(file, "kept ");
    const Descriptor open(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    REQUIRE(open);
    const auto link = (directory.path() / "link").string();
    std::filesystem::create_symlink(fmt::format("/dev/fd/{}", open.get()), link);
    for (const auto& name : {fmt::format("/proc/self/fd/{}", open.get()), fmt::format("/dev/fd/{}", open.get()),
                             fmt::format("/proc/{}/task/{}/fd/{}", ::getpid(), ::getpid(), open.get()), link}) {
        CAPTURE(name);
        auto out = OutputFile::create(name);
        REQUIRE(out);
        CHECK((*out)->write("new "));
        CHECK((*out)->commit());
    }
    // The same file, with what was in it, and nothing beside it.
    CHECK(read_file(file) == "kept new new new new ");
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
    CHECK_FALSE(OutputFile::create("/proc/self/fd/999"));
}

TEST_CASE("lines come one by one, also very long ones") {
    Terminal terminal;
    std::string input = "one\r\n\n" + std::string(200000, 'x') + "\nlast";
    terminal.in = [&](std::size_t limit) {
        auto piece = input.substr(0, std::min<std::size_t>(limit, 7));
        input.erase(0, piece.size());
        return piece;
    };
    auto lines = LineSource::open("-", terminal, 10);
    REQUIRE(lines);
    std::string line;
    std::string all;
    while ((*lines)->next(line)) all += line + "|";
    CHECK(all == "one||xxxxxxxxxx|last|");
    CHECK_FALSE(LineSource::open("/nowhere", terminal, 10));
}
