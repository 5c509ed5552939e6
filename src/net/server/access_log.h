// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/server.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace mf::http {

/// Hands records to a function on a thread of its own, so that a log that is stuck holds up no connection. Thread-safe.
class AccessLog {
public:
    explicit AccessLog(std::function<void(const AccessRecord&)> write);
    /// Writes what is there still.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    void add(AccessRecord record);

private:
    void write_on();

    const std::function<void(const AccessRecord&)> write_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<AccessRecord> waiting_;
    std::size_t dropped_ = 0;
    bool sleeps_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace mf::http
