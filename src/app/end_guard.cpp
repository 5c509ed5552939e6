// SPDX-License-Identifier: MIT
#include "app/end_guard.h"

#include "base/log.h"

#include <unistd.h>
#include <cstdlib>

namespace mf {
namespace {

void watch(Database& database, std::chrono::milliseconds silence, const std::stop_token& stop) {
    const auto begin = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        const auto end = std::max(begin, database.answered_at()) + silence;
        if (std::chrono::steady_clock::now() >= end) {
            log::error("server stopped although its database does not answer; its next start records what is missing",
                       {{"seconds", std::chrono::duration<double>(silence).count()}});
            ::_exit(EXIT_FAILURE);
        }
        never.wait_until(lock, stop, end, [] { return false; });
    }
}

}  // namespace

void EndGuard::arm(Database& database, std::chrono::milliseconds silence) {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable())
        thread_ = std::jthread([&database, silence](const std::stop_token& stop) { watch(database, silence, stop); });
}

void EndGuard::disarm() {
    const std::lock_guard lock(mutex_);
    thread_ = {};
}

}  // namespace mf
