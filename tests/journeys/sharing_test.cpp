// SPDX-License-Identifier: MIT
// Several servers on one database, and several installations in one work directory.
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <future>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// Prints a file of its work directory when it may.
std::string patient_script(const Installation& it) {
    return fmt::format(
        "echo kept > report.txt; echo $MULTIFLEXI_TMP > {0}.tmp; echo $$ > {0}.pid; "
        "while ! [ -e {0}.go ]; do sleep 0.02; done; cat report.txt",
        (it.directory() / "job").string());
}

/// The settings of an installation with another data directory.
Variables elsewhere(const Installation& it, const std::filesystem::path& data) {
    auto out = it.environment;
    out["MULTIFLEXI_DATA"] = data.string();
    if (it.database().dialect == sql::Dialect::sqlite)
        out["DB_DATABASE"] = it.database_file().string();
    else
        out["MULTIFLEXI_KEY_FILE"] = (it.data() / "multiflexi.key").string();
    return out;
}

std::int64_t milliseconds_ago(std::chrono::milliseconds age) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch() -
                                                                 age)
        .count();
}

/// Makes the row of the node one of another machine, with the usual lease.
void move_node_away(const Installation& it, std::chrono::milliseconds silent) {
    it.sql(
        fmt::format(R"(UPDATE "node" SET "boot" = 'another', "host" = 'far-away', "seen_at" = {}, "lease_until" = {})",
                    milliseconds_ago(silent), milliseconds_ago(silent - 120s)));
}

}  // namespace

TEST_CASE("installations that share the work directory leave each other's jobs alone") {
    Installation one, two;
    const auto work = one.directory() / "shared";
    for (auto* it : {&one, &two}) it->environment["MULTIFLEXI_WORK_DIRECTORY"] = work.string();
    one.start();
    const auto job = one.job(one.run_template_of_script(patient_script(one)));
    one.content_when_written(one.directory() / "job.pid");
    two.start();
    one.write("job.go", "");
    CHECK(text_of(one.ended(job), "state") == "succeeded");
    CHECK(one.cli({"job:output", fmt::to_string(job)}).out == "kept\n");
    // What a killed server leaves is taken up by the next one of the same installation, and by no other.
    const auto left = one.job(one.run_template_of_script("echo $MULTIFLEXI_TMP > " +
                                                         (one.directory() / "left.tmp").string() + "; sleep 1000"));
    auto directory = one.content_when_written(one.directory() / "left.tmp");
    directory.pop_back();
    CHECK(comes_true([&] { return one.job_state(left) == "running"; }));
    CHECK(one.stop(SIGKILL) == 128 + SIGKILL);
    CHECK(two.stop() == 0);
    two.start();
    CHECK(std::filesystem::exists(directory));
    one.start();
    CHECK(one.job_state(left) == "running");
    CHECK(std::filesystem::exists(directory));
    one.ask({"job:cancel", "--id", fmt::to_string(left)});
    CHECK(text_of(one.ended(left), "state") == "cancelled");
    CHECK(comes_true([&] { return !std::filesystem::exists(directory); }));
    CHECK((std::filesystem::status(std::filesystem::path(directory).parent_path()).permissions() &
           std::filesystem::perms::mask) == std::filesystem::perms::owner_all);
}

TEST_CASE("a copy of a database does not take over the work directory" * doctest::test_suite("sqlite")) {
    Installation it;
    it.environment["MULTIFLEXI_WORK_DIRECTORY"] = (it.directory() / "work").string();
    it.start();
    const auto copy = it.directory() / "copy.db";
    it.sql(fmt::format("VACUUM INTO '{}'", copy.string()));
    sql::open({.database = copy.string()})->execute(R"(DELETE FROM "node")");
    Installation other;
    other.environment = elsewhere(it, other.data());
    other.environment["DB_DATABASE"] = copy.string();
    const auto refused = other.serve({});
    CHECK(refused.code == 1);
    CHECK(refused.err.find("Another server uses the work directory") != std::string::npos);
    CHECK(refused.err.find("MULTIFLEXI_WORK_DIRECTORY") != std::string::npos);
}

TEST_CASE("one executor of a name for each database, whatever the data directory") {
    Installation it;
    it.start();
    const auto job = it.job(it.run_template_of_script(patient_script(it)));
    it.content_when_written(it.directory() / "job.pid");
    Installation other;
    other.environment = elsewhere(it, other.data());
    for (const Words& arguments : {Words{}, Words{"--roles", "executor"}}) {
        const auto refused = other.serve(arguments);
        CHECK(refused.code == 1);
        CHECK(refused.err.find("'journey' runs already") != std::string::npos);
        CHECK(refused.err.find("MULTIFLEXI_NODE") != std::string::npos);
    }
    it.write("job.go", "");
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    other.environment["MULTIFLEXI_NODE"] = "second";
    other.start();
    CHECK(other.stop() == 0);
    CHECK(text_of(it.ask({"status"}).as_object(), "executor") == "active");
}

TEST_CASE("the name of a node of another machine is taken when that is silent, and not when it lives") {
    Installation it;
    it.start();
    CHECK(it.stop(SIGKILL) == 128 + SIGKILL);
    if (it.database().dialect == sql::Dialect::sqlite) {
        // Who holds the lock of the file knows that there is nobody else.
        move_node_away(it, 1s);
        it.start();
        CHECK(it.log().find("waiting") == std::string::npos);
        return;
    }
    SUBCASE("it has been silent for long") {
        move_node_away(it, 121s);
        it.start();
        CHECK(it.log().find("waiting") == std::string::npos);
    }
    SUBCASE("it is silent for a moment longer") {
        move_node_away(it, 118s);
        it.start();
        CHECK(it.log().find("waiting: a server of this node may live on another machine") != std::string::npos);
    }
    SUBCASE("it lives") {
        move_node_away(it, 1s);
        auto answer = std::async(std::launch::async, [&] { return it.serve({}); });
        CHECK(comes_true([&] {
            move_node_away(it, 0s);
            return answer.wait_for(100ms) == std::future_status::ready;
        }));
        const auto refused = answer.get();
        CHECK(refused.code == 1);
        CHECK(refused.err.find("on far-away. Stop it, or set MULTIFLEXI_NODE") != std::string::npos);
    }
    SUBCASE("nobody waits for a server that is told to end") {
        move_node_away(it, 1s);
        const auto log = it.directory() / "told.log";
        Process server({(programs() / "multiflexi").string(), "serve"}, it.environment, {.out = log, .err = log});
        CHECK(comes_true([&] { return file_content(log).find("waiting") != std::string::npos; }));
        server.signal(SIGTERM);
        CHECK(server.wait(20s) == 1);
    }
}

TEST_CASE("what a server has claimed of which nobody here knows does not run again") {
    Installation it;
    it.start();
    CHECK(it.stop() == 0);
    const auto job = it.job(it.run_template_of_script("exit 0"));
    it.sql(R"(DELETE FROM "schedule")");
    it.sql(R"(UPDATE "job" SET "state" = 'claimed', "claimed_by" = 'journey', "fence" = 1)");
    SUBCASE("the server after it did not come up") { it.sql(R"(UPDATE "node" SET "boot" = '')"); }
    SUBCASE("it has stopped, on another machine") { it.sql(R"(UPDATE "node" SET "boot" = 'another')"); }
    it.start();
    // Nobody can use a file of SQLite from elsewhere: there the one before has ended.
    const bool is_file = it.database().dialect == sql::Dialect::sqlite;
    CHECK(text_of(it.ended(job), "state") == (is_file ? "succeeded" : "lost"));
    CHECK(it.sql(R"(SELECT COUNT(*) FROM "node" WHERE "boot" IN ('', 'another'))") == "0\n");
}

TEST_CASE("a server whose name another one has taken ends") {
    Installation it;
    it.environment["MULTIFLEXI_LEASE"] = "2";
    it.start();
    it.sql(R"(UPDATE "node" SET "boot" = 'another', "host" = 'far-away', "incarnation" = "incarnation" + 1)");
    CHECK(it.server().wait(20s) == 1);
    CHECK(it.log().find("on far-away has taken the name of this node") != std::string::npos);
    CHECK(it.sql(R"(SELECT "host" FROM "node")") == "far-away\n");
}
