// SPDX-License-Identifier: MIT
#include "probe/checks.h"

#include <fmt/format.h>
#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace mf::probe {
namespace {

using Steady = std::chrono::steady_clock;

/// Shared with the threads, which may still hold it when the run is over.
struct Results {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<Finding>> findings;
};

struct Running {
    std::size_t index;
    Steady::time_point started;
    Steady::time_point deadline;
};

Finding examine_safely(const std::function<Finding()>& task) {
    try {
        return task();
    } catch (const std::exception& problem) {
        return unknown(problem.what());
    }
}

void start(const std::shared_ptr<Results>& results, std::size_t index, std::function<Finding()> task) {
    try {
        std::thread([results, index, task = std::move(task)] {
            auto finding = examine_safely(task);
            const std::lock_guard lock(results->mutex);
            results->findings[index] = std::move(finding);
            results->changed.notify_all();
        }).detach();
    } catch (const std::system_error& problem) {
        const std::lock_guard lock(results->mutex);
        results->findings[index] = unknown(fmt::format("No thread could be started: {}.", problem.what()));
    }
}

}  // namespace

// A thread that hangs in the kernel (a dead network file system, a resolver) cannot be stopped, only left behind:
// hence detached threads that own what they touch, instead of a pool that a few of them would block.
std::vector<Observation> run(std::vector<Task> tasks, std::size_t parallel) {
    const auto results = std::make_shared<Results>();
    results->findings.resize(tasks.size());
    std::vector<Observation> observations(tasks.size());
    std::vector<Running> running;
    const auto finish = [&](const Running& task, Finding finding) {
        observations[task.index] = {
            tasks[task.index].check, tasks[task.index].target, std::move(finding),
            std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - task.started)};
    };
    std::size_t next = 0;
    while (next < tasks.size() || !running.empty()) {
        for (; next < tasks.size() && running.size() < parallel; ++next) {
            const auto now = Steady::now();
            running.push_back({next, now, now + tasks[next].limit});
            start(results, next, std::move(tasks[next].examine));
        }
        std::unique_lock lock(results->mutex);
        const auto done = [&](const Running& task) { return results->findings[task.index].has_value(); };
        const auto first = std::ranges::min(running, {}, &Running::deadline).deadline;
        results->changed.wait_until(lock, first, [&] { return std::ranges::any_of(running, done); });
        std::erase_if(running, [&](const Running& task) {
            if (done(task)) {
                finish(task, std::move(*results->findings[task.index]));
            } else if (Steady::now() >= task.deadline) {
                finish(task, unknown(fmt::format("There was no result within {:g} seconds.",
                                                 static_cast<double>(tasks[task.index].limit.count()) / 1000)));
            } else {
                return false;
            }
            return true;
        });
    }
    return observations;
}

}  // namespace mf::probe
