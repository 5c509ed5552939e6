// SPDX-License-Identifier: MIT
#include "api/viewer_loop.h"

#include "base/log.h"

#include <exception>
#include <utility>

namespace mf {

void ViewerLoop::Signal::give() {
    const std::lock_guard lock(mutex);
    is_woken = true;
    changed.notify_all();
}

ViewerLoop::ViewerLoop(std::string name, Turn turn) : name_(std::move(name)), turn_(std::move(turn)) {}

ViewerLoop::~ViewerLoop() = default;

void ViewerLoop::wake() {
    signal_->give();
    std::call_once(begun_, [this] { thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); }); });
}

std::function<void()> ViewerLoop::waker() const {
    return [signal = signal_] { signal->give(); };
}

std::optional<std::chrono::milliseconds> ViewerLoop::take_turn() {
    try {
        const auto next = turn_();
        if (std::exchange(failing_, false)) log::info("viewers are told again", {{"stream", name_}});
        return next;
    } catch (const std::exception& error) {
        if (!std::exchange(failing_, true))
            log::warning("cannot tell viewers what happens, trying again every second",
                         {{"stream", name_}, {"error", error.what()}});
        return std::chrono::seconds(1);
    }
}

void ViewerLoop::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const auto next = take_turn();
        std::unique_lock lock(signal_->mutex);
        const auto is_woken = [this] { return signal_->is_woken; };
        if (next)
            signal_->changed.wait_for(lock, stop, *next, is_woken);
        else
            signal_->changed.wait(lock, stop, is_woken);
        signal_->is_woken = false;
    }
}

}  // namespace mf
