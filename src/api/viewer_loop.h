// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace mf {

/// A thread for what has to go on as long as somebody looks, and costs nothing while nobody does. It begins with the
/// first wake().
class ViewerLoop {
public:
    /// One turn; when the next one is due, or none: not before somebody wakes the loop. What it throws is logged once
    /// until a turn succeeds again, and the next one comes after a second.
    using Turn = std::function<std::optional<std::chrono::milliseconds>()>;
    /// `name` is what stands in the log: "events". The turn must be callable until the loop is gone.
    ViewerLoop(std::string name, Turn turn);
    /// Waits for the turn that has begun.
    ~ViewerLoop();
    ViewerLoop(const ViewerLoop&) = delete;
    ViewerLoop& operator=(const ViewerLoop&) = delete;

    /// Any thread; returns at once.
    void wake();
    /// Wakes the loop if it is there still.
    std::function<void()> waker() const;

private:
    struct Signal {
        std::mutex mutex;
        std::condition_variable_any changed;
        bool is_woken = false;
        void give();
    };
    void run(std::stop_token stop);
    std::optional<std::chrono::milliseconds> take_turn();

    const std::string name_;
    const Turn turn_;
    const std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
    bool failing_ = false;  // of the thread
    std::once_flag begun_;
    std::jthread thread_;
};

}  // namespace mf
