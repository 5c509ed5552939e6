// SPDX-License-Identifier: MIT
#include "net/server/worker_pool.h"

#include <utility>

namespace mf::http {

WorkerPool::WorkerPool(std::size_t threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work_on(); });
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

bool WorkerPool::try_add(std::unique_ptr<Work> work) {
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= most_waiting_ + idle_) return false;
        queue_.push_back(std::move(work));
        wakes = should_wake();
    }
    if (wakes) wake_.notify_one();
    return true;
}

void WorkerPool::add(std::unique_ptr<Work> work) {
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
        wakes = should_wake();
    }
    if (wakes) wake_.notify_one();
}

/// One after the other: whoever wakes takes work and wakes the next if there is more. Otherwise every piece of work
/// wakes a thread, which mostly finds that another one has done it already.
bool WorkerPool::should_wake() { return idle_ > 0 && !queue_.empty() && !std::exchange(is_waking_, true); }

void WorkerPool::work_on() {
    std::unique_lock lock(mutex_);
    for (;;) {
        while (queue_.empty() && !ending_) {
            ++idle_;
            wake_.wait(lock);
            --idle_;
            is_waking_ = false;
        }
        if (ending_) return;
        auto work = std::move(queue_.front());
        queue_.pop_front();
        const bool wakes = should_wake();
        lock.unlock();
        if (wakes) wake_.notify_one();
        work->run();
        work.reset();
        lock.lock();
    }
}

}  // namespace mf::http
