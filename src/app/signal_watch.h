// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"

#include <functional>
#include <stop_token>
#include <thread>

namespace mf {

/// Takes the signals of the server on a thread of its own, so that nothing else is interrupted by them:
///   SIGTERM, SIGINT            request the stop
///   SIGHUP                     calls the function; neither a terminal that closes nor a habit of other daemons ends
///   jobs SIGUSR1, SIGUSR2, SIGPIPE  are ignored
class SignalWatch {
public:
    /// To be made before any other thread: signals are blocked for the calling thread and those that it starts later.
    /// Throws std::system_error when the kernel gives no descriptor.
    SignalWatch(std::stop_source stop, std::function<void()> hang_up);
    /// Signals stay blocked: what comes now, when the server has ended anyway, has nothing to decide any more.
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void run();
    void take_signals();

    std::stop_source stop_;
    const std::function<void()> hang_up_;
    Descriptor signals_;
    Nudge end_;
    std::thread thread_;
};

}  // namespace mf
