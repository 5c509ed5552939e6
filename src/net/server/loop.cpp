// SPDX-License-Identifier: MIT
#include "net/server/loop.h"

#include "base/log.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace mf::http {
namespace {

namespace asio = boost::asio;
using AsioError = boost::system::error_code;

}  // namespace

struct Loop::Impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

struct Loop::Socket::Impl {
    Impl(asio::io_context& context, Descriptor taken)
        : descriptor(std::move(taken)), socket(context, descriptor.get()) {}
    ~Impl() {
        if (socket.is_open()) socket.release();  // the descriptor closes itself
    }
    Descriptor descriptor;
    asio::posix::stream_descriptor socket;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
    while (!impl_->context.stopped()) {
        try {
            impl_->context.run();
        } catch (const std::exception& error) {
            log::error("an i/o thread met an error and goes on", {{"reason", error.what()}});
        }
    }
}

void Loop::stop() { impl_->context.stop(); }

void Loop::post(std::function<void()> f) { asio::post(impl_->context, std::move(f)); }

void Loop::repeat(std::chrono::milliseconds pause, std::function<bool()> f) {
    auto timer = std::make_unique<asio::steady_timer>(impl_->context, pause);
    auto& waiting = *timer;
    waiting.async_wait([this, pause, f = std::move(f), timer = std::move(timer)](AsioError error) mutable {
        if (!error && f()) repeat(pause, std::move(f));
    });
}

Loop::Socket::Socket(Loop& loop, Descriptor socket)
    : impl_(std::make_unique<Impl>(loop.impl_->context, std::move(socket))) {}

Loop::Socket::~Socket() = default;

int Loop::Socket::descriptor() const { return impl_->descriptor.get(); }

void Loop::Socket::when_readable(std::shared_ptr<Waiter> waiter) {
    impl_->socket.async_wait(asio::posix::stream_descriptor::wait_read, [waiter = std::move(waiter)](AsioError error) {
        if (error != asio::error::operation_aborted) waiter->is_readable();
    });
}

void Loop::Socket::when_writable(std::shared_ptr<Waiter> waiter) {
    impl_->socket.async_wait(asio::posix::stream_descriptor::wait_write, [waiter = std::move(waiter)](AsioError error) {
        if (error != asio::error::operation_aborted) waiter->is_writable();
    });
}

void Loop::Socket::close() {
    if (!impl_->socket.is_open()) return;
    impl_->socket.release();
    impl_->descriptor.reset();
}

}  // namespace mf::http
