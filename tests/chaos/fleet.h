// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/node.h"
#include "chaos/sandbox.h"
#include "support/database_servers.h"

#include <vector>

namespace mf::chaos {

struct FleetPlan {
    sql::Dialect database = sql::Dialect::sqlite;
    int nodes = 2;
    std::chrono::seconds lease{120};
    bool stop_ends_jobs = false;
    std::filesystem::path directory;  ///< what is kept when a run fails
};

/// Nodes on one database, and everything between them. With SQLite they are several servers on one machine.
class Fleet {
public:
    Fleet(const FleetPlan& plan, const Sandbox& sandbox);

    std::vector<Node>& nodes() { return nodes_; }
    Disk& disk_of(std::size_t node) { return *node_disks_.at(node); }
    Disk& disk_of_database() { return *database_disk_; }
    /// None with SQLite, which has no connections.
    Relay* relay_of(std::size_t node) { return relays_.empty() ? nullptr : relays_.at(node).get(); }
    /// None without permission.
    NodeNetwork* network_of(std::size_t node) { return networks_.empty() ? nullptr : networks_.at(node).get(); }
    /// None with SQLite.
    testing::DatabaseServer* server() { return server_; }
    /// How to reach the database whatever happens to the nodes' ways to it.
    const sql::Address& database() const { return database_; }
    std::filesystem::path evidence() const { return plan_.directory / "evidence"; }
    const FleetPlan& plan() const { return plan_; }

    /// Runs the command line on the first node to its end; throws unless it succeeds with a JSON document.
    json::value ask(testing::Words words);
    /// Where the standard output and error of a run of the command line go.
    std::filesystem::path next_answer();

private:
    FleetPlan plan_;
    std::unique_ptr<Disk> database_disk_;
    testing::DatabaseServer* server_ = nullptr;
    sql::Address database_;
    std::vector<std::unique_ptr<Disk>> node_disks_;
    std::vector<std::unique_ptr<NodeNetwork>> networks_;
    std::vector<std::unique_ptr<Relay>> relays_;
    std::vector<Node> nodes_;
    int answers_ = 0;
};

}  // namespace mf::chaos
