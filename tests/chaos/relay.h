// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/locked.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace mf::chaos {

/// The way of one node to the database server: connections to a TCP port, handed on to the server's Unix socket. It can
/// be disturbed in the ways in which networks and balancers disturb. One thread of its own.
class Relay {
public:
    Relay(const std::string& address, std::filesystem::path server);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    int port() const { return port_; }
    /// Ends all connections at once, as a balancer does that forgets them (RST); new ones may come.
    void reset();
    /// While stalled nothing is handed on, in either direction, and new connections are not heard.
    void stall();
    void go_on();

private:
    struct Line;
    void run(const std::stop_token& stop);
    void accept_one(std::vector<Line>& lines);

    const std::filesystem::path server_;
    Descriptor listener_;
    int port_ = 0;
    struct Orders {
        bool stalled = false;
        bool reset = false;
    };
    Locked<Orders> orders_;
    Nudge nudge_;
    std::jthread thread_;
};

}  // namespace mf::chaos
