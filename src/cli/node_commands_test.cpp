// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

json::object node(std::int64_t jobs = 2) {
    return {{"id", 1},
            {"name", "alpha"},
            {"state", jobs > 0 ? "draining" : "drained"},
            {"roles", "scheduler,executor"},
            {"labels", ""},
            {"host", "web1"},
            {"pid", 4711},
            {"version", "3.0.0"},
            {"slots", 16},
            {"jobs", jobs},
            {"draining", true},
            {"started_at", "2025-06-15T09:00:00Z"},
            {"seen_at", "2025-06-15T10:00:00Z"},
            {"lease_until", "2025-06-15T10:02:00Z"},
            {"stopped_at", nullptr},
            {"clock_offset_ms", -12}};
}

}  // namespace

TEST_CASE("nodes are listed and shown with local times") {
    FakeBackend fake;
    fake.offer("node:list", {"limit", "offset", "order", "after"}, json::value(json::array{node()}));
    fake.offer("node:get", {"name"}, json::value(node()));
    Shell shell{fake};
    CHECK(shell({"node:list", "-f", "json"}).code == 0);
    CHECK(to_text(shell.document()) ==
          R"([{"id":1,"name":"alpha","state":"draining","roles":"scheduler,executor","labels":"","host":"web1",)"
          R"("pid":4711,"version":"3.0.0","slots":16,"jobs":2,"started":"2025-06-15 11:00:00",)"
          R"("last_heartbeat":"2025-06-15 12:00:00","lease_until":"2025-06-15 12:02:00","stopped":null,)"
          R"("clock_offset_ms":-12}])");
    CHECK(shell({"node", "get", "alpha", "--fields", "name,jobs"}).out == "name: alpha\njobs: 2\n");
    CHECK(fake.asked.back().input == json::object{{"name", "alpha"}});
    CHECK(shell({"node", "get"}).code == 1);
}

TEST_CASE("draining says what goes on, and waits on request") {
    FakeBackend fake;
    int left = 2;
    fake.offer("node:drain", {"name"},
               [&](const json::object&) -> Result<json::value> { return json::value(node(left)); });
    fake.offer("node:get", {"name"},
               [&](const json::object&) -> Result<json::value> { return json::value(node(--left)); });
    Shell shell{fake};
    CHECK(shell({"node", "drain", "alpha"}).out == "Node alpha takes no more jobs; 2 of its jobs have not ended.\n");
    CHECK(shell({"node", "drain", "alpha", "--wait", "--time-limit", "0"}).code == 1);
    CHECK(shell.out == "Node alpha takes no more jobs, but not all of its jobs have ended.\n");
    CHECK(left == 2);
    CHECK(shell({"node", "drain", "alpha", "--wait"}).out ==
          "Node alpha takes no more jobs, and none of its jobs runs any more.\n");
    CHECK(left == 0);
    shell({"node", "drain", "alpha", "-f", "json"});
    CHECK(shell.document().as_object().at("jobs") == 0);
    CHECK(shell({"node", "drain", "alpha", "--wait", "--time-limit", "soon"}).code == 1);
}

TEST_CASE("resuming and forgetting") {
    FakeBackend fake;
    fake.offer("node:resume", {"name"}, json::value(node()));
    fake.offer("node:remove", {"name"}, json::value(json::object{{"removed", true}, {"name", "alpha"}}));
    Shell shell{fake};
    CHECK(shell({"node:resume", "alpha"}).out == "Node alpha takes jobs again.\n");
    CHECK(shell({"node:remove", "alpha"}).out == "Node removed: alpha\n");
    shell({"node:remove", "alpha", "-f", "json"});
    CHECK(to_text(shell.document()) == R"({"name":"alpha","removed":true})");
    fake.offer("node:drain", {"name"}, Error{ErrorCode::not_found, "There is no node 'beta'; node list shows all."});
    CHECK(shell({"node:drain", "beta"}).out.find("There is no node 'beta'") != std::string::npos);
}
