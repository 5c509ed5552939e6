// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/server.h"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mf::http::testing_server {

/// Options of a server on a free port of the loopback, with few threads and the usual limits.
inline ServerOptions loopback_options() {
    ServerOptions options;
    options.listen = {{.host = "127.0.0.1"}};
    options.worker_threads = 2;
    return options;
}

constexpr std::string_view get_root = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

inline std::string get_of(std::string_view path, std::string_view headers = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

inline Response say_path(const Request& request) { return response(200, "text/plain", request.path); }

/// A server that runs.
class RunningServer {
public:
    RunningServer(ServerOptions options, Handler handler) : server(std::move(options), std::move(handler)) {
        if (const auto started = server.start(); !started) throw std::runtime_error(started.error().message);
    }
    int port() const { return server.ports().front(); }
    Server server;
};

/// A door that handlers wait at until the test opens it.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        --waiting_;
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// Until so many wait.
    void wait_for_waiting(int number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ >= number; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

}  // namespace mf::http::testing_server
