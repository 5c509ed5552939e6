// SPDX-License-Identifier: MIT
#include "service/node_operations.h"

#include "store/queries/node_lease.h"
#include "store/sql/clock.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct Nodes : testing::Desk {
    Nodes() : testing::Desk(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())) {}

    NodeIdentity add(std::string name, std::string roles = "executor", std::chrono::milliseconds lease = 1h) {
        const Node self{.name = std::move(name),
                        .roles = std::move(roles),
                        .slots = 4,
                        .pid = 7,
                        .boot = "b",
                        .host = "web1",
                        .environment = R"({"SECRET":"of the machine"})"};
        return database.write([&](Session& session) {
            return take_node(session, self, std::nullopt, sql::current_time(session.sql), lease).value();
        });
    }
    std::string state(std::string_view name) {
        const auto answer = run("node:get", {{"name", name}});
        return answer ? std::string(answer->at("state").as_string()) : answer.error().message;
    }
};

}  // namespace

TEST_CASE("nodes are shown with their state and the number of their jobs, and nothing about their processes' secrets") {
    Nodes nodes;
    nodes.add("node", "scheduler,executor");
    nodes.add("gone", "executor", 0ms);
    const auto us = nodes.add("stopped");
    nodes.database.write([&](Session& session) { stop_node(session, us, sql::current_time(session.sql), 15min); });
    nodes.launch(nodes.add_run_template(), nodes.moment);
    nodes.launch(nodes.add_run_template(), nodes.moment);
    REQUIRE(nodes.claim(1).size() == 1);
    const auto answer = nodes.run("node:list", {});
    REQUIRE(answer);
    const auto& rows = answer->as_array();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].at("name") == "node");
    CHECK(rows[0].at("state") == "running");
    CHECK(rows[0].at("jobs") == 1);
    CHECK(rows[0].at("slots") == 4);
    CHECK(rows[0].at("host") == "web1");
    CHECK(rows[1].at("state") == "expired");
    CHECK(rows[2].at("state") == "stopped");
    CHECK(rows[2].at("jobs") == 0);
    CHECK(to_text(*answer).find("of the machine") == std::string::npos);
    CHECK(nodes.run("node:list", {{"limit", 1}, {"order", "D"}})->as_array().size() == 1);
    // A company learns nothing of the jobs of others.
    const auto stranger = testing::manager_of(nodes.add_company("other").id);
    CHECK(nodes.run("node:get", {{"name", "node"}}, stranger)->at("jobs") == 0);
    CHECK(nodes.error_of("node:get", {{"name", "nobody"}}).code == ErrorCode::not_found);
}

TEST_CASE("a node is drained and resumed by the administrator of the installation") {
    Nodes nodes;
    const auto us = nodes.add("node");
    nodes.add("node/scheduler", "scheduler");
    nodes.launch(nodes.add_run_template(), nodes.moment);
    REQUIRE(nodes.claim(1).size() == 1);
    CHECK(nodes.error_of("node:drain", {{"name", "node"}}, testing::manager_of(nodes.company.id)).code ==
          ErrorCode::forbidden);
    CHECK(nodes.error_of("node:drain", {{"name", "node/scheduler"}}).code == ErrorCode::conflict);
    CHECK(nodes.error_of("node:drain", {{"name", "nobody"}}).code == ErrorCode::not_found);
    REQUIRE(nodes.run("node:drain", {{"name", "node"}}));
    CHECK(nodes.woken);
    CHECK(nodes.state("node") == "draining");
    CHECK_FALSE(nodes.database.write([&](Session& session) { return may_claim(session, us); }));
    REQUIRE(nodes.end(nodes.all<Job>().at(0).id));
    CHECK(nodes.state("node") == "drained");
    REQUIRE(nodes.run("node:resume", {{"name", "node"}}));
    CHECK(nodes.state("node") == "running");
    CHECK(nodes.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'node')") == 2);
}

TEST_CASE("a node is forgotten when its server has stopped or is gone, and nothing of it is unfinished") {
    Nodes nodes;
    nodes.add("node", "executor", 0ms);
    const auto us = nodes.add("other");
    nodes.launch(nodes.add_run_template(), nodes.moment);
    REQUIRE(nodes.claim(1).size() == 1);
    CHECK(nodes.error_of("node:remove", {{"name", "node"}}).message.find("1 unfinished job") != std::string::npos);
    CHECK(nodes.error_of("node:remove", {{"name", "other"}}).message.find("lives: process 7 on web1") !=
          std::string::npos);
    REQUIRE(nodes.end(nodes.all<Job>().at(0).id, JobState::lost, 255));
    CHECK(nodes.run("node:remove", {{"name", "node"}}));
    nodes.database.write([&](Session& session) { stop_node(session, us, sql::current_time(session.sql), 15min); });
    CHECK(nodes.run("node:remove", {{"name", "other"}}));
    CHECK(nodes.run("node:list", {})->as_array().empty());
}
