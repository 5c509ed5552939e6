// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// The database as it is on disk, its journal brought in.
std::string database_bytes(const Installation& it) {
    it.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    return sha256_hex(file_content(it.database_file()));
}

std::string waits_for(const std::filesystem::path& file) {
    return fmt::format("while ! [ -e {} ]; do sleep 0.02; done", file.string());
}

/// A small file system of its own in memory; only root can have one.
class SmallDisk {
public:
    SmallDisk(const std::filesystem::path& path, const char* size) : path_(path) {
        std::filesystem::create_directories(path);
        mounted_ = ::mount("none", path.c_str(), "tmpfs", 0, size) == 0;
        if (!mounted_) MESSAGE("Not tested: a file system of its own needs root.");
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool mounted() const { return mounted_; }

private:
    std::filesystem::path path_;
    bool mounted_ = false;
};

/// Makes a file of the rest of its disk, to the last block.
void fill_up(const Installation& it, const std::filesystem::path& file) {
    for (const auto block : {"64k", "4k", "1"})
        Process({"dd", "if=/dev/zero", fmt::format("of={}", file.string()), fmt::format("bs={}", block), "oflag=append",
                 "conv=notrunc", "status=none"},
                it.environment, {})
            .wait();
}

}  // namespace

TEST_SUITE_BEGIN("sqlite");

TEST_CASE("a job that ends while another program holds the database is recorded later") {
    Installation it;
    it.start();
    const auto go = it.directory() / "go", done = it.directory() / "done", enough = it.directory() / "enough";
    const auto id =
        it.run_template_of_script(fmt::format("{}; echo last words; echo yes > {}", waits_for(go), done.string()));
    const auto job = it.job(id);
    CHECK(comes_true([&] { return it.job_state(job) == "running"; }));
    {
        const auto locked = it.directory() / "locked";
        const auto hold =
            it.write("hold", fmt::format("BEGIN EXCLUSIVE;\n.shell echo locked > {}\n.shell {}\nROLLBACK;\n",
                                         locked.string(), waits_for(enough)));
        Process holder({"sqlite3", "-bail", it.database_file().string()}, it.environment, {.in = hold});
        CHECK(it.content_when_written(locked) == "locked\n");
        it.write("go", "");
        CHECK(it.content_when_written(done) == "yes\n");
        // Whoever only looks is not held up; who wants to change something hears why that cannot be.
        CHECK(it.job_state(job) == "running");
        const auto refused = it.cli({"company:create", "--name", "Too late", "-f", "json"});
        CHECK(refused.code == 1);
        CHECK(text_of(refused.json().as_object(), "message").find("Another program keeps it locked") !=
              std::string::npos);
        CHECK(it.log().find("cannot record jobs") != std::string::npos);
        it.write("enough", "");
        CHECK(holder.wait() == 0);
    }
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "last words\n");
    CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
}

TEST_CASE("a job that ends while the disk is full is recorded when there is room") {
    Installation it;
    const SmallDisk disk(it.data(), "size=24m");
    if (!disk.mounted()) return;
    // What the job prints waits beside its work directory, where there is room.
    it.environment["MULTIFLEXI_WORK_DIRECTORY"] = (it.directory() / "work").string();
    it.start();
    const auto go = it.directory() / "go", done = it.directory() / "done";
    const auto id = it.run_template_of_script(
        fmt::format("{}; head -c 600000 /dev/urandom; echo yes > {}", waits_for(go), done.string()));
    const auto job = it.job(id);
    CHECK(comes_true([&] { return it.job_state(job) == "running"; }));
    const auto stuffing = it.data() / "stuffing";
    fill_up(it, stuffing);
    it.write("go", "");
    CHECK(it.content_when_written(done) == "yes\n");
    CHECK(comes_true([&] { return it.log().find("cannot record jobs") != std::string::npos; }));
    const auto refused = it.cli({"company:create", "--name", "No room", "-f", "json"});
    CHECK(refused.code != 0);
    std::filesystem::remove(stuffing);
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "succeeded");
    CHECK(number_of(record, "stdout_size") == 600'000);
    CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out.size() == 600'000);
    CHECK(it.stop() == 0);
    CHECK(it.sql("PRAGMA integrity_check") == "ok\n");
}

TEST_CASE("the files of a job wait until the disk has room for them") {
    Installation it;
    const SmallDisk disk(it.data(), "size=24m");
    if (!disk.mounted()) return;
    it.environment["MULTIFLEXI_WORK_DIRECTORY"] = (it.directory() / "work").string();
    it.start();
    const auto go = it.directory() / "go";
    const auto id = it.run_template(
        {{"executable", it.script(fmt::format("{}; head -c 100000 /dev/urandom > result.bin", waits_for(go))).string()},
         {"artifacts", json::array{json::object{{"name", "Results"}, {"type", "file"}, {"path", R"(\.bin$)"}}}}});
    const auto job = it.job(id);
    CHECK(comes_true([&] { return it.job_state(job) == "running"; }));
    const auto stuffing = it.data() / "stuffing";
    fill_up(it, stuffing);
    it.write("go", "");
    CHECK(comes_true([&] { return it.log().find("cannot store artifacts") != std::string::npos; }));
    std::filesystem::remove(stuffing);
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "succeeded");
    const auto kept = it.rows({"artifact:list", "--job_id", fmt::to_string(job)});
    CHECK(std::ranges::count_if(kept, [](const auto& row) { return row.at("filename") == "result.bin"; }) == 1);
}

TEST_CASE("a job whose output finds no room is held back, and loses nothing") {
    Installation it;
    const SmallDisk disk(it.directory() / "work", "size=2m");
    if (!disk.mounted()) return;
    it.environment["MULTIFLEXI_WORK_DIRECTORY"] = (it.directory() / "work").string();
    it.start();
    const auto go = it.directory() / "go", begun = it.directory() / "begun", done = it.directory() / "done";
    const auto id = it.run_template_of_script(
        fmt::format("{}; echo yes > {}; seq 200000; echo yes > {}", waits_for(go), begun.string(), done.string()));
    const auto job = it.job(id);
    CHECK(comes_true([&] { return it.job_state(job) == "running"; }));
    const auto stuffing = it.directory() / "work" / "stuffing";
    fill_up(it, stuffing);
    it.write("go", "");
    CHECK(it.content_when_written(begun) == "yes\n");
    // More than a pipe holds is to come.
    CHECK_FALSE(std::filesystem::exists(done));
    std::filesystem::remove(stuffing);
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    std::string expected;
    for (int i = 1; i <= 200'000; ++i) expected += fmt::format("{}\n", i);
    CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out == expected);
    CHECK(it.stop() == 0);
}

TEST_CASE("a database of a newer version is not touched") {
    Installation it;
    it.ask({"company:create", "--name", "Acme"});
    it.sql("INSERT INTO migration SELECT 9000, 'of tomorrow', checksum, applied_at FROM migration LIMIT 1");
    const auto before = database_bytes(it);
    const auto answer = it.cli({"company:list", "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(text_of(answer.json().as_object(), "message").find("newer") != std::string::npos);
    const auto server = it.serve({});
    CHECK(server.code == EX_CONFIG);
    CHECK(server.err.find("newer") != std::string::npos);
    CHECK(database_bytes(it) == before);
}

TEST_CASE("definitions that cannot be read change nothing") {
    Installation it;
    it.application({{"executable", "/bin/true"}});
    const auto before = database_bytes(it);
    const auto pipe = it.directory() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto broken = it.write("broken.app.json", "{\"uuid\": \"7b1c2d3e-0000-4000-8000-000000000001\", ");
    const auto empty = it.write("empty.app.json", "");
    for (const std::string& file : {std::string("/dev/zero"), pipe.string(), std::string("/nowhere.json"),
                                    std::string("/proc/self/mem"), broken.string(), empty.string()}) {
        INFO(file);
        const auto answer = it.cli({"application:import-json", "--file", file, "-f", "json"});
        CHECK(answer.code == 1);
        CHECK(answer.err.empty());
        CHECK(text_of(answer.json().as_object(), "message").find(file) != std::string::npos);
        CHECK(it.cli({"application:validate-json", "--file", file}).code == 1);
        CHECK(database_bytes(it) == before);
    }
    // A whole directory is brought in or not at all known of: one bad file is told of, the good one counts.
    CHECK(it.cli({"application:import-json", "--file", "-", "-f", "json"}, "not json").code == 1);
    CHECK(database_bytes(it) == before);
}

TEST_CASE("places that cannot be used are told, not crashed into") {
    Installation it;
    it.write("data", "a file in place of the directory");
    for (const Words& words : {Words{"status", "-f", "json"}, Words{"job:list", "-f", "json"}}) {
        const auto answer = it.cli(words);
        CHECK(answer.code == 1);
        CHECK(text_of(answer.json().as_object(), "message").find(it.data().string()) != std::string::npos);
    }
    CHECK(it.serve({}).code == 1);
    std::filesystem::remove(it.data());

    it.start();
    // The work directory is taken away while the server runs.
    const auto id = it.run_template_of_script("echo ran");
    const auto work = it.work();
    const auto aside = it.directory() / "aside";
    std::filesystem::rename(work, aside);
    it.write(work.lexically_relative(it.directory()).string(), "a file in place of the directory");
    const auto record = it.ended(it.job(id));
    CHECK(text_of(record, "state") == "failed");
    CHECK(number_of(record, "exitcode") == 255);
    CHECK(text_of(record, "reason").find(work.string()) != std::string::npos);
    std::filesystem::remove(work);
    std::filesystem::rename(aside, work);
    CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
}

TEST_CASE("a directory that may not be read is told, and changes nothing") {
    Installation it;
    it.application({{"executable", "/bin/true"}});
    const auto before = database_bytes(it);
    const auto closed = it.directory() / "closed";
    std::filesystem::create_directory(closed);
    it.write("closed/a.app.json", "{}");
    std::filesystem::permissions(closed, std::filesystem::perms::none);
    for (const auto& place : {closed, closed / "a.app.json"}) {
        const auto answer = it.cli_held_back({"application:import-json", "--file", place.string(), "-f", "json"});
        CHECK(answer.code == 1);
        CHECK(answer.out.find("Permission denied") != std::string::npos);
        // Of a directory every file is told of, so that is a list.
        const auto told = answer.json();
        const auto& first = told.is_array() ? told.at(0).as_object() : told.as_object();
        CHECK(text_of(first, "message").find(place.string()) != std::string::npos);
    }
    CHECK(database_bytes(it) == before);
    std::filesystem::permissions(it.data(), std::filesystem::perms::none);
    const auto answer = it.cli_held_back({"job:list", "-f", "json"});
    std::filesystem::permissions(it.data(), std::filesystem::perms::owner_all);
    CHECK(answer.code == 1);
    CHECK(text_of(answer.json().as_object(), "message").find(it.data().string()) != std::string::npos);
    CHECK(database_bytes(it) == before);
    std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
}

TEST_CASE("a database that is no database") {
    Installation it;
    std::filesystem::create_directory(it.data());
    it.write("data/multiflexi.db", std::string(8192, 'x'));
    const auto before = file_content(it.database_file());
    const auto answer = it.cli({"job:list", "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(answer.json().as_object().contains("message"));
    CHECK(it.serve({}).code == EX_CONFIG);
    CHECK(file_content(it.database_file()) == before);
}

TEST_SUITE_END();
