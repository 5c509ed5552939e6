// SPDX-License-Identifier: MIT
#include "service/waiting_reason.h"

#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct WaitingDesk : testing::Desk {
    void add_node(const std::string& name, const std::string& labels, const std::string& roles = "executor",
                  std::chrono::seconds lease = 60s, bool draining = false) {
        database.write([&](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "node" ("name", "roles", "labels", "lease_until", "draining", "pid", "process_start", "boot",
                   "host", "version", "environment", "started_at", "seen_at")
                   VALUES (?, ?, ?, ?, ?, 1, 1, '', '', '', '', 0, 0))",
                {name, roles, labels, std::int64_t{(moment + lease).time_since_epoch().count()}, draining});
        });
    }
    /// Of each row, in the order of the queue.
    std::vector<std::string> reasons() {
        std::vector<std::string> out;
        const auto rows = run("queue:list", {{"order", "id"}});
        REQUIRE(rows);
        for (const auto& row : rows->as_array()) out.emplace_back(row.at("reason").as_string());
        return out;
    }
    RunTemplate labelled(const std::string& runs_on) {
        return add_run_template([&](RunTemplate& record) {
            record.runs_on = runs_on;
            record.overlap = Overlap::parallel;
        });
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the queue tells which labels no running node has") {
    WaitingDesk desk;
    const auto any = desk.labelled(""), one = desk.labelled("gpu"), both = desk.labelled("eu,gpu");
    for (const auto& run_template : {any, one, both}) desk.launch(run_template, desk.moment);
    desk.launch(one, desk.moment + 1h);  // not due: nothing keeps it
    CHECK(desk.reasons() == Texts{"No executor is running.", "No executor is running.", "No executor is running.", ""});
    desk.add_node("old", "eu,gpu", "executor", -1s);
    desk.add_node("draining", "eu,gpu", "executor", 60s, true);
    CHECK(desk.reasons()[0] == "Every node that runs jobs is being drained (node resume).");
    desk.add_node("planner", "eu,gpu", "scheduler");
    desk.add_node("a", "eu", "scheduler,executor");
    CHECK(desk.reasons() ==
          Texts{"", "No running node has the label gpu.", "No running node has the labels eu, gpu.", ""});
    desk.add_node("b", "gpu");
    // Each label is there, but not on one node.
    CHECK(desk.reasons() == Texts{"", "", "No running node has the labels eu, gpu.", ""});
    desk.add_node("c", "gpu,eu");
    CHECK(desk.reasons() == Texts{"", "", "", ""});
}

TEST_CASE("the queue tells which limit a job waits for, and when for another job") {
    WaitingDesk desk;
    desk.add_node("a", "");
    const auto parallel = desk.labelled("");
    const auto alone = desk.add_run_template();
    desk.change(desk.company.id, [](Company& record) { record.max_parallel = 2; });
    for (int i = 0; i < 3; ++i) desk.launch(i == 2 ? parallel : alone, desk.moment);
    CHECK(desk.claim(2).size() == 2);
    CHECK(desk.reasons() == Texts{"Another job of its run template has to end first."});
    desk.launch(parallel, desk.moment);
    CHECK(desk.reasons() == Texts{"Another job of its run template has to end first.",
                                  "The company runs as many jobs at once as it may (2)."});
    desk.change(desk.company.id, [](Company& record) { record.max_parallel.reset(); });
    desk.change(desk.application.id, [](Application& record) { record.max_parallel = 1; });
    CHECK(desk.reasons().at(1) == "The application runs as many jobs at once as it may (1).");
}

TEST_CASE("who saves a run template with labels that no running node has is warned") {
    WaitingDesk desk;
    desk.add_node("a", "eu");
    const auto warnings = [&](const std::string& runs_on) {
        const auto made = desk.run("runtemplate:create", {{"name", "R"},
                                                          {"app_id", desk.application.id.value},
                                                          {"company_id", desk.company.id.value},
                                                          {"runs_on", runs_on}});
        REQUIRE(made);
        const auto* found = made->as_object().if_contains("warnings");
        return found ? to_text(*found) : std::string();
    };
    CHECK(warnings("eu").empty());
    CHECK(warnings("").empty());
    CHECK(warnings("eu,gpu") == R"(["Its jobs will wait: No running node has the labels eu, gpu."])");
}

TEST_CASE("the queue tells why a job was put back, also before its time has come") {
    WaitingDesk desk;
    desk.add_node("a", "", "executor", 1h);
    const auto job = desk.launch(desk.labelled(""), desk.moment);
    const auto claimed = desk.claim(1);
    REQUIRE(claimed.size() == 1);
    desk.database.write([&](Session& session) {
        CHECK(defer(session, claimed[0].job, desk.moment + 60s, 1h, "The vault is sealed.") == Deferral::deferred);
    });
    CHECK(desk.reasons() == Texts{"The vault is sealed."});
    desk.moment += 61s;
    CHECK(desk.reasons() == Texts{"The vault is sealed."});
    CHECK(desk.get(job.id).state == JobState::pending);
}
