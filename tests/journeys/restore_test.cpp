// SPDX-License-Identifier: MIT
// What a backup knows of servers and their jobs, where it is restored.
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

TEST_CASE("a node that is drained stays so through backup, restore and copy") {
    Installation it;
    it.start();
    CHECK(it.cli({"node", "drain", "journey"}).code == 0);
    const auto file = (it.directory() / "backup.db").string();
    const auto backup = it.ask({"database:backup", file}).as_object();
    CHECK(it.stop() == 0);
    const auto rows_of_node = [](const json::object& answer) -> std::int64_t {
        for (const auto& table : answer.at("tables").as_array())
            if (text_of(table.as_object(), "table") == "node") return number_of(table.as_object(), "rows");
        return -1;
    };
    CHECK(rows_of_node(backup) == 1);

    Installation other;
    const auto restored = other.ask({"database:restore", file}).as_object();
    CHECK(rows_of_node(restored) == 1);
    bool warned = false;
    for (const auto& warning : restored.at("warnings").as_array())
        warned = warned || has(std::string_view(warning.as_string()), "node resume journey");
    CHECK(warned);
    CHECK(text_of(other.ask({"node", "get", "journey"}).as_object(), "state") == "stopped");
    std::filesystem::copy_file(it.key_file(), other.key_file());
    other.start();
    CHECK(text_of(other.ask({"node", "get", "journey"}).as_object(), "state") == "drained");
    const auto job = other.job(other.run_template_of_script("true"));
    CHECK(comes_true([&] { return has(other.cli({"queue:list"}).out, "being drained"); }));
    CHECK(other.cli({"node", "resume", "journey"}).code == 0);
    CHECK(text_of(other.ended(job), "state") == "succeeded");
    CHECK(other.stop() == 0);

    // Of a node that does not drain nothing is left, and that is what is told.
    const auto copied = other.ask({"database:copy", "sqlite:" + (it.directory() / "c.db").string()}).as_object();
    CHECK(rows_of_node(copied) == 0);
    std::int64_t rows = 0;
    for (const auto& table : copied.at("tables").as_array()) rows += number_of(table.as_object(), "rows");
    CHECK(number_of(copied, "rows") == rows);
}

TEST_CASE("a job that was claimed on a drained node at the moment of the backup is not begun again") {
    Installation it;
    it.start();
    const auto job = it.job(it.run_template_of_script("echo run >> $0.runs"));
    it.ended(job);
    CHECK(it.cli({"node", "drain", "journey"}).code == 0);
    CHECK(it.stop() == 0);
    // As it is between the claim and the start.
    it.sql(fmt::format(R"(UPDATE "job" SET "state" = 'claimed', "begin" = NULL, "end" = NULL, "exitcode" = NULL
                          WHERE "id" = {})",
                       job));
    const auto file = (it.directory() / "backup.db").string();
    CHECK(it.cli({"database:backup", file}).code == 0);
    Installation other;
    CHECK(other.cli({"database:restore", file}).code == 0);
    std::filesystem::copy_file(it.key_file(), other.key_file());
    other.start();
    CHECK(text_of(other.ended(job), "state") == "lost");
}

TEST_CASE("jobs that still run when an older state is restored are taken up as far as it knows them, else ended") {
    Installation it;
    it.environment["MULTIFLEXI_JOBS_AT_STOP"] = "leave";
    it.start();
    const auto path = [&](const char* name) { return (it.directory() / name).string(); };
    const auto pause = [&](const char* name) {
        return fmt::format("echo $$ > {0}.pid; while ! [ -e {0}.go ]; do sleep 0.02; done\n", path(name));
    };
    const auto known = it.job(it.run_template_of_script(fmt::format(
        "echo begin\n{}head -c 4000000 /dev/zero | tr '\\0' x\n{}echo end; exit 3", pause("one"), pause("two"))));
    it.content_when_written(path("one.pid"));
    const auto output = [&] { return it.cli({"job:output", fmt::to_string(known)}).out; };
    CHECK(comes_true([&] { return output() == "begin\n" && it.job_state(known) == "running"; }));
    const auto file = path("backup.db");
    CHECK(it.cli({"database:backup", file}).code == 0);
    it.write("one.go", "");
    CHECK(comes_true([&] { return output().size() >= 4'000'006; }));
    const auto unknown = it.job(it.run_template_of_script(pause("other")));
    const auto process = pid_in(it.content_when_written(path("other.pid")));
    CHECK(comes_true([&] { return it.job_state(unknown) == "running"; }));
    CHECK(it.stop() == 0);

    const auto refused = it.cli({"database:restore", file, "--force"});
    CHECK(refused.code == 1);
    CHECK(has(refused.out, fmt::format("have not ended: {} (node journey), {} (node journey).", known, unknown)));
    CHECK(it.job_state(unknown) == "running");
    CHECK(it.cli({"database:restore", file, "--force", "--abandon-jobs"}).code == 0);
    CHECK(lives(process));
    it.start();
    CHECK(comes_true([&] { return !lives(process); }));
    it.write("two.go", "");
    const auto record = it.ended(known);
    CHECK(text_of(record, "state") == "failed");
    CHECK(number_of(record, "exitcode") == 3);
    CHECK(has(text_of(record, "reason"), "The application ended with exit code 3"));
    // What the server had kept before the restore may have been given back to the disk.
    const bool is_complete = output().size() == std::string_view("begin\nend\n").size() + 4'000'000;
    CHECK(has(text_of(record, "reason"), " A part of its output is missing.") != is_complete);
    CHECK(output().ends_with("end\n"));
}
