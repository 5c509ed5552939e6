// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mf::http {

/// Something a worker thread does. run() must not throw.
class Work {
public:
    virtual ~Work() = default;
    virtual void run() = 0;
};

/// Threads that take work from one queue, in its order. Thread-safe.
class WorkerPool {
public:
    /// At most so much work of the kind that may be refused waits.
    WorkerPool(std::size_t threads, std::size_t most_waiting);
    /// Work that has not begun is dropped; what runs is waited for.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False: too much waits already.
    bool try_add(std::unique_ptr<Work> work);
    /// Whatever waits; for work of which there cannot be much.
    void add(std::unique_ptr<Work> work);

private:
    void work_on();
    bool should_wake();

    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<Work>> queue_;
    std::size_t idle_ = 0;
    bool is_waking_ = false;  ///< somebody was woken and has not looked at the queue yet
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace mf::http
