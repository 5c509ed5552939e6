// SPDX-License-Identifier: MIT
// Several nodes on one database: leases, jobs of nodes that are gone, draining.
#include "journeys/faked_clock.h"
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// Two servers that may both run jobs; "journey" makes the plans of both as well.
struct Fleet {
    explicit Fleet(const std::string& lease = "2") {
        first.environment["MULTIFLEXI_LEASE"] = lease;
        first.environment["MULTIFLEXI_KEY_FILE"] = (first.directory() / "fleet.key").string();
        second.environment = first.environment;
        second.environment["MULTIFLEXI_DATA"] = second.data().string();
        second.environment["MULTIFLEXI_NODE"] = "second";
        if (first.database().dialect == sql::Dialect::sqlite)
            second.environment["DB_DATABASE"] = first.database_file().string();
    }

    /// Leaves its process number, then runs until it may end.
    std::int64_t patient_job(const std::string& name) {
        return first.job(first.run_template_of_script(fmt::format(
            "echo begun; echo $$ > {0}.pid; while ! [ -e {0}.go ]; do sleep 0.02; done; echo ended", path(name))));
    }
    std::string path(const std::string& name) const { return (first.directory() / name).string(); }
    pid_t process_of(const std::string& name) const { return pid_in(first.content_when_written(path(name) + ".pid")); }
    void let_go(const std::string& name) const { first.write(name + ".go", ""); }
    json::object node(const std::string& name) const { return first.ask({"node", "get", name}).as_object(); }
    std::string state(const std::string& name) const { return text_of(node(name), "state"); }
    std::string runs_on(std::int64_t job) const {
        auto name = first.sql(fmt::format(R"(SELECT "claimed_by" FROM "job" WHERE "id" = {})", job));
        name.pop_back();
        return name;
    }

    Installation first, second;
};

}  // namespace

TEST_CASE("jobs of a node that is gone are declared lost by another one") {
    Fleet fleet;
    fleet.first.start();
    const auto job = fleet.patient_job("alone");
    const auto process = fleet.process_of("alone");
    CHECK(fleet.first.stop(SIGKILL) == 128 + SIGKILL);
    fleet.second.start();
    const auto record = fleet.first.ended(job);
    CHECK(text_of(record, "state") == "lost");
    CHECK(number_of(record, "exitcode") == 255);
    const auto reason = fleet.first.sql(fmt::format(R"(SELECT "reason" FROM "job" WHERE "id" = {})", job));
    CHECK(reason.find("Its node journey (") == 0);
    CHECK(reason.find("has not been heard of since") != std::string::npos);
    CHECK(fleet.state("journey") == "expired");
    CHECK(fleet.state("second") == "running");
    // The queue goes on.
    const auto next = fleet.first.job(fleet.first.run_template_of_script("true"));
    CHECK(text_of(fleet.first.ended(next), "state") == "succeeded");
    CHECK(fleet.runs_on(next) == "second");
    fleet.let_go("alone");
    CHECK(comes_true([&] { return !lives(process); }));
    // It comes back to a job that has ended, and to new ones.
    CHECK(fleet.second.stop() == 0);
    fleet.first.start();
    CHECK(fleet.first.job_state(job) == "lost");
    CHECK(text_of(fleet.first.ended(fleet.first.job(fleet.first.run_template_of_script("true"))), "state") ==
          "succeeded");
}

TEST_CASE("a node that was held up for longer than its lease lets go of what was declared lost, and goes on") {
    Fleet fleet;
    fleet.first.start();
    const auto job = fleet.patient_job("held");
    const auto process = fleet.process_of("held");
    CHECK(comes_true([&] { return fleet.first.cli({"job:output", fmt::to_string(job)}).out == "begun\n"; }));
    fleet.second.start();
    CHECK(fleet.second.cli({"node", "drain", "second"}).code == 0);
    fleet.first.server().signal(SIGSTOP);
    CHECK(text_of(fleet.first.ended(job), "state") == "lost");
    CHECK(fleet.state("journey") == "expired");
    CHECK(lives(process));
    const auto before = fleet.first.sql(R"(SELECT "incarnation" FROM "node" WHERE "name" = 'journey')");
    fleet.first.server().signal(SIGCONT);
    CHECK(comes_true([&] { return !lives(process); }));
    CHECK(comes_true([&] { return fleet.state("journey") == "running"; }));
    CHECK(fleet.first.sql(R"(SELECT "incarnation" FROM "node" WHERE "name" = 'journey')") != before);
    CHECK(fleet.first.log().find("the lease of this node had run out") != std::string::npos);
    CHECK(fleet.first.log().find("job is not ours any more") != std::string::npos);
    // Nothing of it was written afterwards.
    CHECK(comes_true([&] { return fleet.first.log().find("the end of a job is not recorded") != std::string::npos; }));
    CHECK(fleet.first.job_state(job) == "lost");
    CHECK(fleet.first.cli({"job:output", fmt::to_string(job)}).out == "begun\n");
    const auto next = fleet.first.job(fleet.first.run_template_of_script("true"));
    CHECK(text_of(fleet.first.ended(next), "state") == "succeeded");
    CHECK(fleet.runs_on(next) == "journey");
}

TEST_CASE("a node that was held up while nobody else was there keeps its jobs") {
    Fleet fleet;
    fleet.first.start();
    const auto job = fleet.patient_job("kept");
    fleet.process_of("kept");
    fleet.first.server().signal(SIGSTOP);
    CHECK(comes_true([&] { return fleet.state("journey") == "expired"; }));
    fleet.first.server().signal(SIGCONT);
    CHECK(comes_true([&] { return fleet.state("journey") == "running"; }));
    fleet.let_go("kept");
    CHECK(text_of(fleet.first.ended(job), "state") == "succeeded");
    CHECK(fleet.first.cli({"job:output", fmt::to_string(job)}).out == "begun\nended\n");
}

TEST_CASE("a node that waits for its jobs at its end keeps its lease meanwhile") {
    Fleet fleet;
    fleet.first.environment["MULTIFLEXI_DRAIN_TIMEOUT"] = "600";
    fleet.first.start();
    const auto job = fleet.patient_job("waited-for");
    fleet.process_of("waited-for");
    fleet.second.start();
    fleet.first.server().signal(SIGTERM);
    CHECK(comes_true([&] { return fleet.first.log().find("server stopping") != std::string::npos; }));
    const auto lease = [&] {
        return std::stoll(fleet.first.sql(R"(SELECT "lease_until" FROM "node" WHERE "name" = 'journey')"));
    };
    const auto before = lease();
    CHECK(comes_true([&] { return lease() > before + 5'000; }));  // two leases later
    CHECK(fleet.first.job_state(job) == "running");
    fleet.let_go("waited-for");
    CHECK(text_of(fleet.first.ended(job), "state") == "succeeded");
    CHECK(fleet.runs_on(job) == "journey");
    CHECK(fleet.first.server().wait() == 0);
}

TEST_CASE("a node that drains takes no jobs until it is resumed, also over a restart") {
    Fleet fleet("120");
    fleet.first.start();
    const auto running = fleet.patient_job("drain");
    fleet.process_of("drain");
    fleet.second.start();
    CHECK(fleet.first.cli({"node", "drain", "journey"}).out ==
          "Node journey takes no more jobs; 1 of its jobs have not ended.\n");
    CHECK(fleet.state("journey") == "draining");
    CHECK(number_of(fleet.node("journey"), "jobs") == 1);
    for (int i = 0; i < 2; ++i) {
        const auto job = fleet.first.job(fleet.first.run_template_of_script("true"));
        CHECK(text_of(fleet.first.ended(job), "state") == "succeeded");
        CHECK(fleet.runs_on(job) == "second");
    }
    CHECK(fleet.first.cli({"node", "drain", "journey", "--wait", "--time-limit", "0"}).code == 1);
    auto waiting = fleet.first.begin_cli({"node", "drain", "journey", "--wait"}, fleet.path("waiting"));
    CHECK_FALSE(waiting.wait(0ms));
    fleet.let_go("drain");
    CHECK(waiting.wait() == 0);
    CHECK(file_content(fleet.path("waiting")) ==
          "Node journey takes no more jobs, and none of its jobs runs any more.\n");
    CHECK(text_of(fleet.first.ended(running), "state") == "succeeded");
    CHECK(fleet.state("journey") == "drained");
    CHECK(fleet.first.stop() == 0);
    CHECK(fleet.state("journey") == "stopped");
    fleet.first.start();
    CHECK(fleet.state("journey") == "drained");
    CHECK(fleet.second.stop() == 0);
    const auto job = fleet.first.job(fleet.first.run_template_of_script("true"));
    CHECK(fleet.first.job_state(job) == "pending");
    CHECK(fleet.first.cli({"node", "resume", "journey"}).out == "Node journey takes jobs again.\n");
    CHECK(text_of(fleet.first.ended(job), "state") == "succeeded");
    CHECK(fleet.runs_on(job) == "journey");
}

TEST_CASE("a job waits for a node with its label, and for room in its company") {
    Fleet fleet("120");
    fleet.second.environment["MULTIFLEXI_NODE_LABELS"] = "eu,gpu";
    fleet.first.start();
    const auto id = fleet.first.run_template_of_script("true");
    CHECK(fleet.first.cli({"run-template", "update", "--id", fmt::to_string(id), "--runs_on", "gpu"}).code == 0);
    const auto job = fleet.first.job(id);
    CHECK(text_of(fleet.first.rows({"queue", "list"}).at(0).as_object(), "reason") ==
          "No running node has the label gpu.");
    fleet.second.start();
    CHECK(text_of(fleet.first.ended(job), "state") == "succeeded");
    CHECK(fleet.runs_on(job) == "second");

    const auto company = fleet.first.sql(R"(SELECT MIN("id") FROM "company")");
    CHECK(fleet.first.cli({"company", "update", "--id", company.substr(0, company.size() - 1), "--max_parallel", "1"})
              .code == 0);
    const auto running = fleet.patient_job("first");
    fleet.process_of("first");
    const auto waiting = fleet.patient_job("second");
    CHECK(comes_true([&] {
        const auto rows = fleet.first.rows({"queue", "list"});
        return rows.size() == 1 &&
               text_of(rows[0].as_object(), "reason") == "The company runs as many jobs at once as it may (1).";
    }));
    CHECK(fleet.first.job_state(waiting) == "pending");
    fleet.let_go("first");
    CHECK(text_of(fleet.first.ended(running), "state") == "succeeded");
    fleet.process_of("second");
    fleet.let_go("second");
    CHECK(text_of(fleet.first.ended(waiting), "state") == "succeeded");
}

TEST_CASE("the clock of the database says how long a lease lasts, whatever the node believes") {
    Fleet fleet("120");
    if (fleet.first.database().dialect == sql::Dialect::sqlite) return;  // its clock is that of the machine
    FakedClock clock(fleet.first, "2035-06-01 10:00:00");
    if (!clock.available()) return;
    fleet.first.start();
    CHECK(fleet.first.sql(R"(SELECT COUNT(*) FROM "node" WHERE "lease_until" < 2000000000000)") == "1\n");
}

TEST_CASE("nodes are listed, and one that has stopped can be forgotten") {
    Fleet fleet("120");
    fleet.first.start();
    fleet.second.start({"--roles", "scheduler"});
    const auto rows = fleet.first.rows({"node", "list"});
    REQUIRE(rows.size() == 2);
    const auto& journey = rows[0].as_object();
    CHECK(text_of(journey, "name") == "journey");
    CHECK(text_of(journey, "roles") == "scheduler,executor,web,events");
    CHECK(number_of(journey, "slots") > 0);
    CHECK(number_of(journey, "pid") == fleet.first.server().pid());
    CHECK(std::abs(number_of(journey, "clock_offset_ms")) < 2000);
    const auto& scheduler = rows[1].as_object();
    CHECK(text_of(scheduler, "name") == "second/scheduler");
    CHECK(number_of(scheduler, "slots") == 0);
    CHECK(fleet.first.cli({"node", "drain", "second/scheduler"}).code == 1);
    CHECK(fleet.first.cli({"node", "remove", "second/scheduler"}).out.find("lives: process") != std::string::npos);
    CHECK(fleet.second.stop() == 0);
    CHECK(fleet.state("second/scheduler") == "stopped");
    CHECK(fleet.first.cli({"node", "remove", "second/scheduler"}).out == "Node removed: second/scheduler\n");
    CHECK(fleet.first.rows({"node", "list"}).size() == 1);
    CHECK(fleet.first.cli({"node", "get", "second/scheduler"}).code == 1);
}
