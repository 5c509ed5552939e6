// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/descriptor.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mf::probe::testing {

/// Listens on a free port of 127.0.0.1 and serves every connection on a thread of its own, until it is destroyed.
class Server {
public:
    /// `serve` gets a blocking socket, and a descriptor that becomes readable when the server is to end.
    using Serve = std::function<void(int socket, int stop)>;
    explicit Server(Serve serve);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + port_; }
    int connections() const { return accepted_; }

private:
    void accept_all();

    Serve serve_;
    Descriptor listener_;
    Nudge stop_;
    std::string port_;
    std::atomic<int> accepted_{0};
    std::vector<std::jthread> serving_;
    std::jthread accepting_;
};

/// Answers by path: /ok, /missing, /loop, /moved, /elsewhere, /huge, /silent, /private; see server.cpp.
void serve_http(int socket, int stop);

/// A port on which nobody listens.
std::string dead_port();

}  // namespace mf::probe::testing
