// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"

#include <chrono>
#include <functional>
#include <memory>

namespace mf::http {

/// One thread that waits for sockets (Asio). Functions are called on that thread unless said otherwise; what they throw
/// is logged.
class Loop {
public:
    Loop();
    /// The thread must have ended.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls functions until stop(). The body of the thread.
    void run();
    /// From every thread; functions that were not called yet are destroyed with the loop.
    void stop();
    /// Calls f soon, in the order of posts. From every thread.
    void post(std::function<void()> f);
    /// Calls f again and again, with such a pause, for as long as it returns true.
    void repeat(std::chrono::milliseconds pause, std::function<bool()> f);

    /// What is waited for. Kept until it has come.
    class Waiter {
    public:
        virtual ~Waiter() = default;
        virtual void is_readable() = 0;
        virtual void is_writable() {}
    };

    /// A socket that the loop waits for. Belongs to the thread of the loop.
    class Socket {
    public:
        Socket(Loop& loop, Descriptor socket);
        ~Socket();
        Socket(const Socket&) = delete;
        Socket& operator=(const Socket&) = delete;

        int descriptor() const;
        /// Tells the waiter once when the socket is readable (writable), also when it failed. Not at all after close().
        void when_readable(std::shared_ptr<Waiter> waiter);
        void when_writable(std::shared_ptr<Waiter> waiter);
        void close();

    private:
        struct Impl;
        const std::unique_ptr<Impl> impl_;
    };

private:
    struct Impl;
    const std::unique_ptr<Impl> impl_;
};

}  // namespace mf::http
