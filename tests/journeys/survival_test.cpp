// SPDX-License-Identifier: MIT
// Jobs live on when the server ends, however it ends.
//
// MULTIFLEXI_FAULT=NAME lets a program kill itself (SIGKILL) at the moment of that name (base/fault_point.h):
//   claimed                   jobs were claimed, and nothing else happened
//   before-spawn              the spool file asks for a job, and nobody was told
//   after-spawn               the process runs, its start is not recorded
//   before-start-record       starts are about to be recorded
//   output-recorded           a transaction with output was committed, and nobody knows
//   before-end-record         ends are about to be recorded
//   end-recorded              a transaction with ends was committed, and nobody knows
//   before-directory-removal  the end is recorded and known, the work directory is still there
//   shim-before-spawn, shim-after-spawn, shim-before-end   the same moments in the shim
#include "base/digest.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/zone.h"
#include "journeys/installation.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

struct Survival : Installation {
    Survival() { environment["MULTIFLEXI_JOBS_AT_STOP"] = "leave"; }

    std::string path(std::string_view name) const { return (directory() / name).string(); }
    /// Lines of a script: writes its number into NAME.pid and goes on when there is NAME.go.
    std::string pause(std::string_view name) const {
        return fmt::format("echo $$ > {0}.pid; while ! [ -e {0}.go ]; do sleep 0.02; done\n", path(name));
    }
    pid_t wait_for(std::string_view name) const { return pid_in(content_when_written(path(name) + ".pid")); }
    void let_go(std::string_view name) const { write(std::string(name) + ".go", ""); }
    void kill_server() { CHECK(stop(SIGKILL) == 128 + SIGKILL); }
    std::string output(std::int64_t job) const { return cli({"job:output", fmt::to_string(job)}).out; }
    /// Its one shim.
    pid_t shim() const {
        const auto all = shims();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    std::int64_t end_of(std::int64_t job) const {
        return std::stoll(sql(fmt::format(R"(SELECT "end" FROM "job" WHERE "id" = {})", job)));
    }
};

std::string lines(int from, int to) {
    std::string out;
    for (int i = from; i < to; ++i) out += fmt::format("line {}\n", i);
    return out;
}
std::string prints(int from, int to) {
    return fmt::format("i={}; while [ $i -lt {} ]; do echo line $i; i=$((i+1)); done\n", from, to);
}

}  // namespace

TEST_CASE("a job goes on when its server is killed: every line once, the true exit code and end") {
    Survival it;
    it.start();
    const auto id =
        it.run_template_of_script(prints(0, 100) + it.pause("one") + prints(100, 200) + it.pause("two") + "exit 7");
    const auto job = it.job(id);
    const auto waiting = it.job(id);  // at most one of a run template at a time
    const auto pid = it.wait_for("one");
    CHECK(comes_true([&] { return it.output(job) == lines(0, 100); }));
    SUBCASE("while it runs") {
        it.kill_server();
        it.let_go("one");
        CHECK(it.wait_for("two") == pid);
        it.start();
        CHECK(comes_true([&] { return it.output(job) == lines(0, 200); }));
        CHECK(it.job_state(job) == "running");
        it.let_go("two");
    }
    SUBCASE("and ends before there is another one") {
        it.kill_server();
        it.let_go("one");
        it.let_go("two");
        CHECK(comes_true([&] { return it.shims().empty(); }));
        const auto ended_before = std::chrono::system_clock::now();
        it.start();
        it.ended(job);
        CHECK(it.end_of(job) <=
              std::chrono::duration_cast<std::chrono::milliseconds>(ended_before.time_since_epoch()).count());
    }
    SUBCASE("again and again") {
        for (int i = 0; i < 5; ++i) {
            it.kill_server();
            if (i == 2) it.let_go("one");
            it.start();
        }
        it.let_go("two");
    }
    SUBCASE("or is stopped and started again") {
        CHECK(it.stop() == 0);
        CHECK(it.job_state(job) == "running");
        CHECK(lives(pid));
        it.let_go("one");
        CHECK(it.wait_for("two") == pid);
        it.start();
        it.let_go("two");
    }
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "failed");
    CHECK(number_of(record, "exitcode") == 7);
    CHECK(it.output(job) == lines(0, 200));
    CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out == lines(0, 200));
    CHECK(number_of(record, "stdout_size") == static_cast<std::int64_t>(lines(0, 200).size()));
    it.ended(waiting);
    CHECK(it.stop() == 0);
    CHECK(it.work_is_empty());
}

TEST_CASE("an upgrade in the middle of much output loses and repeats nothing") {
    Survival it;
    it.start();
    // 50 MB; the server goes and comes while it is printed.
    const auto job = it.job(it.run_template_of_script(
        "seq 1000000 4000000\n" + it.pause("middle") + "seq 4000001 7249999", {"--output_limit", "0"}));
    it.wait_for("middle");
    it.let_go("middle");
    for (int i = 0; i < 3; ++i) {
        if (i == 1)
            it.kill_server();
        else
            CHECK(it.stop() == 0);
        it.start();
    }
    const auto record = it.ended(job, 120s);
    CHECK(text_of(record, "state") == "succeeded");
    CHECK(number_of(record, "stdout_size") == 50'000'000);
    const auto expected = it.bash("seq 1000000 7249999 | sha256sum").out.substr(0, 64);
    CHECK(sha256_hex(it.output(job)) == expected);
    CHECK(trim(it.sql(fmt::format(
              R"(SELECT "sha256" FROM "artifacts" WHERE "job_id" = {} AND "filename" = 'stdout.txt')", job))) ==
          expected);
}

TEST_CASE("a job whose shim is killed is lost, with the reason, and holds up nothing") {
    Survival it;
    it.start();
    const auto id = it.run_template_of_script("echo before\n(sleep 1000 &)\n" + it.pause("job") + "echo after");
    const auto job = it.job(id);
    const auto next = it.job(id);
    const auto pid = it.wait_for("job");
    CHECK(comes_true([&] { return it.output(job) == "before\n"; }));
    const auto shim = it.shim();
    SUBCASE("while the server is there") { CHECK(::kill(shim, SIGKILL) == 0); }
    SUBCASE("while it is not") {
        it.kill_server();
        CHECK(::kill(shim, SIGKILL) == 0);
        CHECK(comes_true([&] { return !lives(shim); }));
        it.start();
    }
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "lost");
    CHECK(number_of(record, "exitcode") == 255);
    CHECK(text_of(record, "reason").find("multiflexi-shim") != std::string::npos);
    CHECK(it.output(job) == "before\n");
    CHECK(!lives(pid));
    it.let_go("job");
    CHECK(text_of(it.ended(next), "state") == "succeeded");
    CHECK(it.rows({"job:list"}).size() == 2);  // it is not started again by itself
}

TEST_CASE("a job that ran when the machine was started anew is lost, with the reason") {
    Survival it;
    it.start();
    const auto job = it.job(it.run_template_of_script("echo before\n" + it.pause("job")));
    it.wait_for("job");
    CHECK(comes_true([&] { return it.output(job) == "before\n"; }));
    const auto shim = it.shim();
    it.kill_server();
    // What a boot writes is its name in the header of the file (execute/shim/spool.h).
    std::fstream file(it.work() / "spool" / "0", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file << "another boot";
    file.close();
    it.start();
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "lost");
    CHECK(text_of(record, "reason").find("started anew") != std::string::npos);
    CHECK(it.output(job) == "before\n");
    CHECK(lives(shim));  // the number belongs to somebody else, for all that we know
    ::kill(shim, SIGTERM);
    CHECK(comes_true([&] { return !lives(shim); }));
}

TEST_CASE("a server that dies at any moment makes of one job one run with its true end") {
    for (const std::string_view moment :
         {"claimed", "before-spawn", "after-spawn", "before-start-record", "output-recorded", "before-end-record",
          "end-recorded", "before-directory-removal"}) {
        CAPTURE(moment);
        Survival it;
        it.start({}, {{"MULTIFLEXI_FAULT", std::string(moment)}});
        const auto id = it.run_template_of_script(
            fmt::format("echo ran >> {}; echo one; echo two >&2; exit 3", it.path("evidence")));
        const auto job = it.job(id);
        CHECK(it.server().wait() == 128 + SIGKILL);
        it.stop();
        it.start();
        const auto record = it.ended(job);
        CHECK(text_of(record, "state") == "failed");
        CHECK(number_of(record, "exitcode") == 3);
        CHECK(file_content(it.path("evidence")) == "ran\n");
        CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out == "one\n");
        CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stderr"}).out == "two\n");
        CHECK(text_of(record, "command").find("script-") != std::string::npos);
        CHECK(it.rows({"queue:list"}).empty());
        CHECK(text_of(it.ended(it.job(id)), "state") == "failed");
        CHECK(it.stop() == 0);
        CHECK(it.work_is_empty());
    }
}

TEST_CASE("a shim that dies at any moment makes of one job at most one run, and a lost one") {
    for (const std::string_view moment : {"shim-before-spawn", "shim-after-spawn", "shim-before-end"}) {
        CAPTURE(moment);
        Survival it;
        it.start({}, {{"MULTIFLEXI_FAULT", std::string(moment)}});
        const auto job = it.job(it.run_template_of_script(fmt::format("echo ran >> {}", it.path("evidence"))));
        const auto record = it.ended(job);
        CHECK(text_of(record, "state") == "lost");
        CHECK(text_of(record, "reason").find("multiflexi-shim") != std::string::npos);
        const auto evidence = file_content(it.path("evidence"));
        CHECK((evidence.empty() || evidence == "ran\n"));
    }
}

TEST_CASE("a job can be cancelled, and its time limit ends it, when another server has taken it up") {
    Survival it;
    it.start();
    const auto cancelled = it.job(it.run_template_of_script(it.pause("cancelled")));
    const auto limited = it.job(it.run_template_of_script(it.pause("limited"), {"--time_limit", "1"}));
    it.wait_for("cancelled");
    it.wait_for("limited");
    it.kill_server();
    it.ask({"job:cancel", "--id", fmt::to_string(cancelled)});
    it.start();
    CHECK(text_of(it.ended(cancelled), "state") == "cancelled");
    CHECK(text_of(it.ended(limited), "state") == "timed_out");
}

TEST_CASE("a server that is told to end while its database is away ends soon, and the next one records everything") {
    Survival it;
    if (it.database().dialect == sql::Dialect::sqlite) return;
    const bool ends_jobs = [] {
        bool out = false;
        SUBCASE("jobs go on") {}
        SUBCASE("jobs end with it") { out = true; }
        return out;
    }();
    if (ends_jobs) it.environment.insert_or_assign("MULTIFLEXI_JOBS_AT_STOP", "end");
    it.environment["MULTIFLEXI_DRAIN_TIMEOUT"] = "0";
    it.start();
    const auto running =
        it.job(it.run_template_of_script(prints(0, 100) + it.pause("one") + prints(100, 200) + "exit 7"));
    const auto ended = it.job(it.run_template(
        {{"executable", it.script(it.pause("two") + "echo kept > report.bin").string()},
         {"artifacts", json::array{json::object{{"name", "Report"}, {"type", "file"}, {"path", R"(\.bin$)"}}}}}));
    const auto pid = it.wait_for("one");
    const auto other = it.wait_for("two");
    auto& database = *DatabaseServer::get(it.database().dialect);
    database.crash();
    it.let_go("two");
    CHECK(comes_true([&] { return !lives(other); }));
    CHECK(comes_true([&] { return has(it.log(), "cannot store artifacts, will try again"); }));
    it.server().signal(SIGTERM);
    // Half of the minute that doc/user/operating.md promises is what it takes when no connection is refused.
    CHECK(it.server().wait(60s) == 0);
    const auto log = it.log();
    INFO(log);
    const auto last = log.find("server stopped");
    REQUIRE(last != std::string::npos);
    CHECK(log.find('\n', last) == log.size() - 1);
    CHECK(lives(pid) == !ends_jobs);
    if (!ends_jobs) it.let_go("one");
    database.start_again();
    it.start();
    const auto record = it.ended(running);
    CHECK(text_of(record, "state") == (ends_jobs ? "cancelled" : "failed"));
    if (!ends_jobs) CHECK(number_of(record, "exitcode") == 7);
    CHECK(it.output(running) == lines(0, ends_jobs ? 100 : 200));
    CHECK(text_of(it.ended(ended), "state") == "succeeded");
    const auto artifacts = it.rows({"artifact:list", "--job_id", fmt::to_string(ended)});
    CHECK(std::ranges::any_of(artifacts, [](const json::value& each) { return has(to_text(each), "report.bin"); }));
}

TEST_CASE("a server that is told to end while its database stands still ends all the same") {
    Survival it;
    if (it.database().dialect == sql::Dialect::sqlite) return;
    it.environment["MULTIFLEXI_LEASE"] = "2";
    it.start();
    const auto job = it.job(it.run_template_of_script(prints(0, 100) + it.pause("one") + prints(100, 200) + "exit 7"));
    const auto pid = it.wait_for("one");
    struct GoOn {
        DatabaseServer& database;
        ~GoOn() { database.go_on(); }
    };
    {
        const GoOn at_last{*DatabaseServer::get(it.database().dialect)};
        at_last.database.pause();
        it.server().signal(SIGTERM);
        CHECK(it.server().wait(60s) == 1);
    }
    CHECK(has(it.log(), "its database does not answer"));
    CHECK(lives(pid));
    it.start();
    it.let_go("one");
    CHECK(number_of(it.ended(job), "exitcode") == 7);
    CHECK(it.output(job) == lines(0, 200));
}

TEST_CASE("a server without its shim does not start, and says why") {
    Survival it;
    const auto elsewhere = it.directory() / "programs";
    std::filesystem::create_directory(elsewhere);
    std::filesystem::copy(programs() / "multiflexi", elsewhere / "multiflexi");
    const auto answer = it.bash("\"$1\" serve", {(elsewhere / "multiflexi").string()});
    CHECK(answer.code == 1);
    CHECK(answer.err.find("multiflexi-shim, and it is not there") != std::string::npos);
}
