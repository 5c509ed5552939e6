// SPDX-License-Identifier: MIT
#include "store/queries/node_lease.h"

#include "base/time_text.h"
#include "store/queries/job_output.h"
#include "store/sql/clock.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

constexpr auto node_lease = 120s;

/// Nodes named in the tests run on one database; "node" is the one that claims (testing::Queue).
struct Nodes : testing::Queue {
    static Node server(std::string name, std::int64_t pid = 1) {
        return {.name = std::move(name),
                .roles = "executor",
                .slots = 4,
                .pid = pid,
                .boot = "boot",
                .host = "web1",
                .version = "3",
                .environment = "{}"};
    }
    std::optional<NodeIdentity> take(const Node& self, const std::optional<Node>& before, Timestamp when = test_time) {
        return database.write([&](Session& session) { return take_node(session, self, before, when, node_lease); });
    }
    NodeIdentity started(const std::string& name, Timestamp when = test_time) {
        return take(server(name), find(name), when).value();
    }
    std::optional<Node> find(const std::string& name) {
        return database.read([&](Session& session) { return find_node(session, name); });
    }
    Renewal renew(const NodeIdentity& us, Timestamp when) {
        return database.write([&](Session& session) { return renew_lease(session, us, when, node_lease, 5ms); });
    }
    bool may(const NodeIdentity& us) {
        return database.write([&](Session& session) { return may_claim(session, us); });
    }
    std::vector<JobHolder> holders() {
        return database.read([](Session& session) { return job_holders(session); });
    }
    std::size_t declare(const JobHolder& holder, Timestamp when, std::size_t most = 100) {
        return database.write([&](Session& session) { return declare_lost(session, holder, when, most); });
    }
};

}  // namespace

TEST_CASE("the clock of the database goes on, and is that of this machine here") {
    Nodes nodes;
    const auto look = [&] {
        return nodes.database.read([](Session& session) { return sql::current_time(session.sql); });
    };
    const auto before = std::chrono::system_clock::now();
    const auto first = look(), second = look();
    const auto after = std::chrono::system_clock::now();
    CHECK(std::chrono::floor<std::chrono::milliseconds>(before) <= first);
    CHECK(first <= second);
    CHECK(second <= after);
}

TEST_CASE("a name belongs to the server that took it last, and only if it had seen who had it") {
    Nodes nodes;
    const auto first = nodes.take(Nodes::server("a", 1), std::nullopt);
    REQUIRE(first);
    CHECK(nodes.may(*first));
    const auto row = nodes.find("a");
    CHECK(row->lease_until == test_time + node_lease);
    // Who has not seen that row judges something else.
    CHECK_FALSE(nodes.take(Nodes::server("a", 2), std::nullopt));
    CHECK(nodes.renew(*first, test_time + 20s) == Renewal::renewed);
    CHECK_FALSE(nodes.take(Nodes::server("a", 2), row));
    const auto second = nodes.take(Nodes::server("a", 2), nodes.find("a"), test_time + 30s);
    REQUIRE(second);
    CHECK(second->incarnation > first->incarnation);
    CHECK(nodes.find("a")->pid == 2);
    CHECK(nodes.find("a")->started_at == test_time + 30s);
    CHECK(nodes.renew(*first, test_time + 31s) == Renewal::taken);
    CHECK_FALSE(nodes.may(*first));
    CHECK(nodes.may(*second));
    CHECK(nodes.renew(*second, test_time + 31s) == Renewal::renewed);
    CHECK(nodes.find("a")->clock_offset == 5);
    // The same process with a new lease has not been started again.
    REQUIRE(nodes.take(Nodes::server("a", 2), nodes.find("a"), test_time + 300s));
    CHECK(nodes.find("a")->started_at == test_time + 30s);
    CHECK(nodes.find("a")->seen_at == test_time + 300s);
}

TEST_CASE("a lease is renewed until it is over, and not afterwards") {
    Nodes nodes;
    const auto us = nodes.started("a");
    CHECK(nodes.renew(us, test_time + node_lease - 1ms) == Renewal::renewed);
    const auto until = test_time + node_lease - 1ms + node_lease;
    CHECK(nodes.renew(us, until) == Renewal::missed);
    CHECK(nodes.find("a")->lease_until == until);
    // Nor is it when the clock of the database was put back: nobody knows how long ago the last renewal was.
    CHECK(nodes.renew(us, test_time) == Renewal::missed);
    nodes.database.write([](Session& session) { session.sql.execute(R"(DELETE FROM "node")"); });
    CHECK(nodes.renew(us, test_time + 1s) == Renewal::gone);
    // The name does not come back under a number that somebody has had.
    CHECK(nodes.started("a", test_time + 1s).incarnation > us.incarnation);
}

TEST_CASE("a node that drains claims nothing, also as another server") {
    Nodes nodes;
    const auto us = nodes.started("a");
    const auto set = [&](bool draining) {
        nodes.change(nodes.find("a")->id, [&](Node& node) { node.draining = draining; });
    };
    set(true);
    CHECK_FALSE(nodes.may(us));
    CHECK(nodes.renew(us, test_time + 1s) == Renewal::renewed);
    const auto again = nodes.started("a", test_time + 2s);
    CHECK_FALSE(nodes.may(again));
    set(false);
    CHECK(nodes.may(again));
}

TEST_CASE("state of a node") {
    Node node = Nodes::server("a");
    node.seen_at = test_time;
    node.lease_until = test_time + node_lease;
    CHECK(state_of(node, 2, test_time) == NodeState::running);
    CHECK(state_of(node, 2, test_time + node_lease - 1ms) == NodeState::running);
    CHECK(state_of(node, 2, test_time + node_lease) == NodeState::expired);
    CHECK(state_of(node, 2, test_time - 1ms) == NodeState::expired);
    node.draining = true;
    CHECK(state_of(node, 2, test_time) == NodeState::draining);
    CHECK(state_of(node, 0, test_time) == NodeState::drained);
    node.stopped_at = test_time;
    CHECK(state_of(node, 0, test_time) == NodeState::stopped);
}

TEST_CASE("jobs of a node whose lease is over are lost, once") {
    Nodes nodes;
    nodes.started("node");
    const auto origin = nodes.add_run_template([](RunTemplate& r) { r.interv = "h", r.max_attempts = 2; });
    const auto planned = nodes.plan(origin, test_time);
    const auto claimed = nodes.launch(nodes.add_run_template(), test_time);
    REQUIRE(nodes.claim().size() == 2);
    REQUIRE(nodes.start(planned.id));
    const auto fence_of_planned = nodes.get(planned.id).fence;
    const std::array pieces{
        pack(planned.id, fence_of_planned, {.seq = 0, .at = test_time, .bytes = "so far\n"}),
        pack(planned.id, fence_of_planned,
             {.seq = 1, .at = test_time, .source = OutputSource::standard_error, .bytes = std::string(2000, 'e')})};
    nodes.database.write([&](Session& session) { return append_output(session, pieces); });
    const auto pending = nodes.launch(nodes.add_run_template(), test_time);
    const auto found = nodes.holders();
    REQUIRE(found.size() == 1);
    CHECK(found[0].node == "node");
    CHECK(found[0].host == "web1");
    SUBCASE("not before") {
        CHECK(nodes.declare(found[0], test_time + node_lease - 1ms) == 0);
        CHECK(nodes.get(planned.id).state == JobState::running);
    }
    SUBCASE("not when it has renewed it meanwhile") {
        CHECK(nodes.renew({"node", found[0].incarnation}, test_time + 60s) == Renewal::renewed);
        CHECK(nodes.declare(found[0], test_time + node_lease) == 0);
    }
    SUBCASE("not when another server has taken the name meanwhile") {
        nodes.started("node", test_time + node_lease);
        CHECK(nodes.declare(found[0], test_time + node_lease) == 0);
    }
    SUBCASE("then") {
        CHECK(nodes.declare(found[0], test_time + node_lease, 1) == 1);
        CHECK(nodes.declare(found[0], test_time + node_lease, 1) == 1);
        CHECK(nodes.declare(found[0], test_time + node_lease) == 0);
        for (const auto id : {planned.id, claimed.id}) {
            const auto job = nodes.get(id);
            CHECK(job.state == JobState::lost);
            CHECK(job.exitcode == 255);
            CHECK(job.end == test_time + node_lease);
            CHECK(job.reason->find("node (web1) has not been heard of since 2026-03-02 02:00:00 UTC") !=
                  std::string::npos);
        }
        // What it printed until then can be read, and counts.
        CHECK(nodes.get(planned.id).stdout_size == 7);
        CHECK(nodes.get(planned.id).stderr_size == 2000);
        CHECK(nodes.get(pending.id).state == JobState::pending);
        CHECK(nodes.holders().empty());
        // What the node itself says about it afterwards counts no more.
        CHECK_FALSE(nodes.database.write([&](Session& session) {
            return record_end(session, {.job = planned.id, .fence = fence_of_planned, .state = JobState::succeeded});
        }));
        CHECK(nodes.get(planned.id).state == JobState::lost);
        // The retry policy decides what follows: the planned job has another attempt, the launched one has not.
        CHECK(nodes.number(R"(SELECT COUNT(*) FROM "job" WHERE "runtemplate_id" = ? AND "state" = 'pending')",
                           {origin.id.value}) == 1);
        CHECK(nodes.number(R"(SELECT COUNT(*) FROM "job")") == 4);
    }
}

TEST_CASE("a job that was claimed after its node was found silent is lost, too") {
    Nodes nodes;
    nodes.started("node");
    nodes.launch(nodes.add_run_template(), test_time);
    REQUIRE(nodes.claim().size() == 1);
    const auto found = nodes.holders();
    // A transaction that was held up for long.
    const auto late = nodes.launch(nodes.add_run_template(), test_time);
    REQUIRE(nodes.claim().size() == 1);
    CHECK(nodes.declare(found.at(0), test_time + node_lease) == 2);
    CHECK(nodes.get(late.id).state == JobState::lost);
}

TEST_CASE("a node that stopped in an orderly way keeps its jobs for its absence") {
    Nodes nodes;
    const auto us = nodes.started("node");
    const auto job = nodes.launch(nodes.add_run_template(), test_time);
    REQUIRE(nodes.claim().size() == 1);
    nodes.database.write([&](Session& session) { stop_node(session, us, test_time, 15min); });
    CHECK(nodes.find("node")->stopped_at == test_time);
    const auto found = nodes.holders();
    CHECK(nodes.declare(found.at(0), test_time + node_lease) == 0);
    CHECK(nodes.declare(found.at(0), test_time + 15min) == 1);
    CHECK(nodes.get(job.id).reason->find("was stopped at 2026-03-02 02:00:00 UTC") != std::string::npos);
    // Its next server goes on as if nothing had been.
    CHECK(nodes.may(nodes.started("node", test_time + 16min)));
    CHECK_FALSE(nodes.find("node")->stopped_at);
}

TEST_CASE("jobs of a node of which there is no row are lost, but not when it comes meanwhile") {
    Nodes nodes;
    const auto job = nodes.launch(nodes.add_run_template(), test_time);
    REQUIRE(nodes.claim().size() == 1);
    const auto found = nodes.holders();
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].known);
    SUBCASE("lost") {
        CHECK(nodes.declare(found[0], test_time) == 1);
        CHECK(nodes.get(job.id).reason->find("is not known to the database any more") != std::string::npos);
    }
    SUBCASE("it comes") {
        nodes.started("node");
        CHECK(nodes.declare(found[0], test_time) == 0);
    }
}
