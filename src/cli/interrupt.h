// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"

#include <atomic>
#include <csignal>

namespace mf {

/// While it lives, SIGINT and SIGTERM end the waiting instead of the program; the second one ends the program. One at a
/// time.
class Interrupt {
public:
    Interrupt() {
        current = this;
        struct sigaction action {};
        action.sa_handler = [](int) {
            current->happened_ = true;
            current->nudge_.notify();
        };
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(SIGINT, &action, &before_[0]);
        ::sigaction(SIGTERM, &action, &before_[1]);
    }
    ~Interrupt() {
        ::sigaction(SIGINT, &before_[0], nullptr);
        ::sigaction(SIGTERM, &before_[1], nullptr);
        current = nullptr;
    }
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    bool happened() const { return happened_; }
    Nudge& nudge() { return nudge_; }

private:
    static inline Interrupt* current = nullptr;  // handlers are of the process
    std::atomic<bool> happened_ = false;
    Nudge nudge_;
    struct sigaction before_[2]{};
};

}  // namespace mf
