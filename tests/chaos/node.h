// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/dice.h"
#include "chaos/disk.h"
#include "chaos/network.h"
#include "chaos/relay.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace mf::chaos {

/// One machine of the fleet: a server of its own, its directories, its clock, its way to the database.
class Node {
public:
    struct Place {
        int number = 1;
        std::filesystem::path directory;  ///< of its log and its clock; survives everything
        std::filesystem::path data;       ///< what the server keeps
        testing::Variables environment;   ///< the settings that all nodes share
        NodeNetwork* network = nullptr;   ///< none: the network of the harness
    };
    explicit Node(Place place);

    const std::string& name() const { return name_; }
    const Place& place() const { return place_; }

    // The server
    /// Starts the program. `fault` is a marked point at which it is to be killed, or empty.
    void start(std::string_view roles, std::string_view fault = {});
    bool is_up() const { return server_.has_value(); }
    pid_t pid() const { return server_->pid(); }
    void signal(int number) const { server_->signal(number); }
    /// The exit code when it has ended; it can be started again then. 128 + signal when it was killed.
    std::optional<int> has_ended(std::chrono::milliseconds within = std::chrono::milliseconds{0});
    /// Has the server said that it is ready since it was started?
    bool is_ready() const;
    std::filesystem::path log_file() const { return place_.directory / (name_ + ".log"); }

    // The clock of the server and of the command line
    /// False where libfaketime is not installed: there is one clock for all.
    bool has_clock() const { return environment_.contains("FAKETIME_TIMESTAMP_FILE"); }
    void set_clock(std::chrono::seconds ahead);
    std::chrono::seconds clock() const { return clock_; }
    /// Tells a running server that there may be something to plan.
    void nudge_planner() const;

    /// The command line on this machine.
    testing::Words cli(const testing::Words& words) const;
    const testing::Variables& environment() const { return environment_; }

private:
    testing::Words with_entrance(testing::Words words) const;

    Place place_;
    std::string name_;
    testing::Variables environment_;
    std::chrono::seconds clock_{0};
    std::optional<testing::Process> server_;
    std::size_t log_before_ = 0;
};

}  // namespace mf::chaos
