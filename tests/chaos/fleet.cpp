// SPDX-License-Identifier: MIT
#include "chaos/fleet.h"

#include <fmt/format.h>
#include <cstdlib>
#include <stdexcept>

namespace mf::chaos {
namespace {

namespace fs = std::filesystem;
using testing::Variables;
using testing::Words;

fs::path socket_of(const sql::Address& address) {
    if (address.dialect == sql::Dialect::mariadb) return address.host;
    return fs::path(address.host) / fmt::format(".s.PGSQL.{}", address.port);
}

}  // namespace

Fleet::Fleet(const FleetPlan& plan, const Sandbox& sandbox) : plan_(plan) {
    const bool mounts = sandbox.missing.empty();
    // Database servers run as users of their own, who have to get to their directory.
    fs::permissions(plan.directory, fs::perms{0711});
    fs::create_directories(evidence() / "progress");
    fs::create_directories(plan.directory / "answers");
    const bool sqlite = plan.database == sql::Dialect::sqlite;
    database_disk_ = std::make_unique<Disk>(plan.directory / "database", mounts);
    if (sqlite) {
        database_ = {.database = database_disk_->path() / "multiflexi.db"};
    } else {
        ::setenv("TMPDIR", database_disk_->path().c_str(), 1);
        server_ = testing::DatabaseServer::get(plan.database);
        if (!server_) throw std::runtime_error("The database server is not installed.");
        database_ = server_->fresh_database();
    }
    Variables environment{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                          {"HOME", plan.directory.string()},
                          {"LANG", "C.UTF-8"},
                          {"MULTIFLEXI_TIMEZONE", "UTC"},
                          {"MULTIFLEXI_LISTEN", "none"},
                          {"MULTIFLEXI_MAX_PARALLEL", "8"},
                          {"MULTIFLEXI_LEASE", fmt::to_string(plan.lease.count())},
                          {"MULTIFLEXI_JOBS_AT_STOP", plan.stop_ends_jobs ? "end" : "leave"},
                          {"MULTIFLEXI_DRAIN_TIMEOUT", plan.stop_ends_jobs ? "2" : "0"},
                          {"MULTIFLEXI_KEY_FILE", (plan.directory / "key").string()},
                          {"DB_CONNECTION", sqlite                                    ? "sqlite"
                                            : plan.database == sql::Dialect::postgres ? "pgsql"
                                                                                      : "mysql"},
                          {"DB_DATABASE", database_.database},
                          {"DB_USERNAME", database_.user},
                          {"DB_PASSWORD", database_.password}};
    for (int number = 1; number <= plan.nodes; ++number) {
        if (!sqlite) {
            if (mounts) networks_.push_back(std::make_unique<NodeNetwork>(number));
            const auto address = mounts ? networks_.back()->address_of_harness() : "127.0.0.1";
            relays_.push_back(std::make_unique<Relay>(address, socket_of(database_)));
            environment["DB_HOST"] = address;
            environment["DB_PORT"] = fmt::to_string(relays_.back()->port());
        }
        node_disks_.push_back(std::make_unique<Disk>(plan.directory / fmt::format("node-{}", number), mounts));
        nodes_.emplace_back(Node::Place{.number = number,
                                        .directory = plan.directory,
                                        .data = node_disks_.back()->path() / "data",
                                        .environment = environment,
                                        .network = networks_.empty() ? nullptr : networks_.back().get()});
    }
}

fs::path Fleet::next_answer() { return plan_.directory / "answers" / fmt::to_string(++answers_); }

json::value Fleet::ask(Words words) {
    words.insert(words.end(), {"-f", "json"});
    const auto answer = next_answer();
    const auto errors = answer.string() + ".err";
    const Node& node = nodes_.front();
    testing::Process process(node.cli(words), node.environment(), {.out = answer, .err = errors});
    const auto code = process.wait();
    auto document = parse_json(testing::file_content(answer));
    if (code != 0 || !document)
        throw std::runtime_error(fmt::format("multiflexi-cli {} failed: {}{}", fmt::join(words, " "),
                                             testing::file_content(answer), testing::file_content(errors)));
    return *std::move(document);
}

}  // namespace mf::chaos
