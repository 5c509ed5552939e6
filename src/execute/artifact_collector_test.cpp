// SPDX-License-Identifier: MIT
#include "execute/artifact_collector.h"

#include "base/clock.h"
#include "execute/artifact_reader.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <fstream>

using namespace mf;
namespace fs = std::filesystem;
using mf::testing::TemporaryDirectory;

namespace {

struct Collected {
    TemporaryDirectory base;
    WorkDirectory directory = *WorkDirectory::create(base.path(), 1);

    void write(const std::string& name, std::string_view content = "x") {
        const auto path = directory.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
    }
    static std::vector<std::string> names(const Collection& collection) {
        std::vector<std::string> out;
        for (const auto& artifact : collection.artifacts) out.push_back(artifact.name);
        return out;
    }
    static std::string reason(const Collection& collection, std::string_view name) {
        for (const auto& skipped : collection.skipped)
            if (skipped.name == name) return skipped.reason;
        return "";
    }
};
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Collected, "files are found by patterns over their relative path, unanchored") {
    write("report.json", "{}");
    write("out/2024/a.pdf");
    write("out/2024/a.pdf.part");
    write("other.txt");
    const auto found = collect_artifacts(directory, {.patterns = {"\\.pdf$", "rep", "2024/"}});
    CHECK(names(found) == Names{"out/2024/a.pdf", "out/2024/a.pdf.part", "report.json"});
    CHECK(found.artifacts[0].pattern == 0);
    CHECK(found.artifacts[1].pattern == 2);
    CHECK(found.artifacts[2].pattern == 1);
    CHECK(found.artifacts[2].size == 2);
    CHECK(found.artifacts[2].path == directory.path() / "report.json");
    CHECK(found.total_bytes == 4);
    CHECK(found.skipped.empty());
    CHECK(collect_artifacts(directory, {}).artifacts.empty());
}

TEST_CASE_FIXTURE(Collected, "names are any bytes") {
    write("bad\xff.csv");
    write("\xc5\xbe.csv");
    CHECK(names(collect_artifacts(directory, {.patterns = {"^.\\.csv$"}})) == Names{"\xc5\xbe.csv"});
    CHECK(names(collect_artifacts(directory, {.patterns = {"^bad.\\.csv$"}})) == Names{"bad\xff.csv"});
}

TEST_CASE_FIXTURE(Collected, "only regular files of the directory itself") {
    TemporaryDirectory outside;
    std::ofstream(outside.path() / "secret.txt") << "x";
    fs::create_symlink(outside.path() / "secret.txt", directory.path() / "link.txt");
    fs::create_directory_symlink(outside.path(), directory.path() / "linked");
    fs::create_directory(directory.path() / "directory.txt");
    REQUIRE(::mkfifo((directory.path() / "pipe.txt").c_str(), 0600) == 0);
    const auto found = collect_artifacts(directory, {.patterns = {"txt"}});
    CHECK(found.artifacts.empty());
    CHECK(reason(found, "link.txt").find("symbolic link") != std::string::npos);
    CHECK(reason(found, "pipe.txt").find("regular") != std::string::npos);
    CHECK(found.skipped.size() == 2);
}

TEST_CASE_FIXTURE(Collected, "a bad pattern is reported and spoils nothing") {
    write("a");
    const auto found = collect_artifacts(directory, {.patterns = {"(", "(?=a)", "a"}});
    CHECK(names(found) == Names{"a"});
    CHECK(found.artifacts[0].pattern == 2);
    CHECK(found.skipped.size() == 2);
}

TEST_CASE_FIXTURE(Collected, "RESULT_FILE comes first and needs no pattern") {
    write("a.txt");
    write("z/result.json");
    const auto file = (directory.path() / "z/result.json").string();
    for (const auto& name : {std::string("z/result.json"), std::string("./z//result.json"), file}) {
        const auto found = collect_artifacts(directory, {.patterns = {"."}, .result_file = name});
        CHECK(names(found) == Names{"z/result.json", "a.txt"});
        CHECK(found.artifacts[0].is_result);
        CHECK(found.artifacts[0].kept_name() == "result.json");
        CHECK(found.artifacts[0].pattern == 0);
        CHECK(!found.artifacts[1].is_result);
        CHECK(found.skipped.empty());
    }
    CHECK(reason(collect_artifacts(directory, {.result_file = "missing.json"}), "missing.json") ==
          "The job did not write its RESULT_FILE.");
    for (const std::string name : {"z", "z/", "./z"}) {
        const auto folder = collect_artifacts(directory, {.patterns = {"json$"}, .result_file = name});
        CHECK(folder.skipped.size() == 1);
        CHECK(reason(folder, name) == "RESULT_FILE is a directory, not a file.");
        CHECK(names(folder) == Names{"z/result.json"});
    }
    fs::create_symlink("/etc/passwd", directory.path() / "evil.json");
    const auto evil = collect_artifacts(directory, {.result_file = "evil.json"});
    CHECK(evil.artifacts.empty());
    CHECK(evil.skipped.size() == 1);
}

TEST_CASE_FIXTURE(Collected, "RESULT_FILE outside of the work directory") {
    TemporaryDirectory outside;
    std::ofstream(outside.path() / "r.json") << "{}";
    using Outside = ArtifactRules::OutsideResult;
    const auto file = (outside.path() / "r.json").string();
    const auto now = SystemClock().now();
    CHECK(reason(collect_artifacts(directory, {.result_file = file}), file).find("not allowed") != std::string::npos);
    CHECK(reason(collect_artifacts(directory, {.result_file = "../x"}), "../x").find("not allowed") !=
          std::string::npos);
    const auto found = collect_artifacts(
        directory,
        {.result_file = file, .outside_result = Outside::accepted, .started_at = now - std::chrono::minutes(1)});
    CHECK(names(found) == Names{"r.json"});
    CHECK(!found.artifacts[0].is_inside);
    CHECK(describe(directory, found.artifacts[0])->size == 2);
    const auto old = collect_artifacts(
        directory,
        {.result_file = file, .outside_result = Outside::accepted, .started_at = now + std::chrono::minutes(1)});
    CHECK(reason(old, file).find("older") != std::string::npos);
    const auto foreign = collect_artifacts(
        directory,
        {.result_file = file, .outside_result = Outside::ambiguous, .started_at = now - std::chrono::minutes(1)});
    CHECK(foreign.artifacts.empty());
    CHECK(reason(foreign, file).find("another company") != std::string::npos);
    const auto device = collect_artifacts(directory, {.result_file = "/dev/zero", .outside_result = Outside::accepted});
    CHECK(reason(device, "/dev/zero").find("regular") != std::string::npos);
}

TEST_CASE_FIXTURE(Collected, "limits take the same files each time and name the others") {
    for (const char* name : {"a", "b", "c", "d"}) write(name, "12345");
    auto found = collect_artifacts(directory, {.patterns = {"."}, .result_file = "d", .most_files = 2});
    CHECK(names(found) == Names{"d", "a"});
    CHECK(found.skipped.size() == 2);
    found = collect_artifacts(directory, {.patterns = {"."}, .most_bytes = 12});
    CHECK(names(found) == Names{"a", "b"});
    CHECK(reason(found, "c").find("exceed 12 bytes") != std::string::npos);
}

TEST_CASE_FIXTURE(Collected, "content is read byte for byte") {
    std::string bytes;
    for (int i = 0; i < 700'000; ++i) bytes.push_back(static_cast<char>(i * 31));
    write("data.bin", bytes);
    write("empty.json", "");
    const auto found = collect_artifacts(directory, {.patterns = {"."}});
    REQUIRE(found.artifacts.size() == 2);
    auto reader = ArtifactReader::open(directory, found.artifacts[0]);
    REQUIRE(reader);
    std::string read;
    for (;;) {
        const auto piece = reader->next();
        REQUIRE(piece);
        if (piece->empty()) break;
        read += *piece;
    }
    CHECK(read == bytes);
    CHECK(reader->size() == bytes.size());
    CHECK(reader->mime_type() == "application/octet-stream");
    CHECK(reader->sha256() == sha256_hex(bytes));
    const auto empty = describe(directory, found.artifacts[1]);
    REQUIRE(empty);
    CHECK(empty->size == 0);
    CHECK(empty->sha256 == sha256_hex(""));
    CHECK(empty->mime_type == "application/json");
}

TEST_CASE_FIXTURE(Collected, "a file that was exchanged after it was found is not read") {
    TemporaryDirectory outside;
    std::ofstream(outside.path() / "file") << "secret";
    write("d/file");
    auto found = collect_artifacts(directory, {.patterns = {"file"}});
    REQUIRE(found.artifacts.size() == 1);
    fs::remove_all(directory.path() / "d");
    CHECK(!describe(directory, found.artifacts[0]));
    fs::create_directory_symlink(outside.path(), directory.path() / "d");
    CHECK(!describe(directory, found.artifacts[0]));
    fs::remove(directory.path() / "d");
    fs::create_directory(directory.path() / "d");
    REQUIRE(::mkfifo((directory.path() / "d/file").c_str(), 0600) == 0);
    CHECK(describe(directory, found.artifacts[0]).error().message.find("no regular file") != std::string::npos);
}
