// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>

namespace mf {

/// A value that can only be reached while its lock is held:
///     Locked<Map> jobs;
///     jobs.lock()->insert(...);
/// Never call a listener while the guard lives.
template <class T>
class Locked {
public:
    class Guard {
    public:
        T* operator->() { return &value_; }
        T& operator*() { return value_; }

    private:
        friend Locked;
        Guard(std::mutex& mutex, T& value) : lock_(mutex), value_(value) {}
        std::unique_lock<std::mutex> lock_;
        T& value_;
    };

    template <class... A>
    explicit Locked(A&&... a) : value_(std::forward<A>(a)...) {}
    Guard lock() { return Guard(mutex_, value_); }

private:
    std::mutex mutex_;
    T value_;
};

}  // namespace mf
