// SPDX-License-Identifier: MIT
#include "app/signal_watch.h"

#include "base/log.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace mf {

SignalWatch::SignalWatch(std::stop_source stop, std::function<void()> hang_up)
    : stop_(std::move(stop)), hang_up_(std::move(hang_up)) {
    for (const int ignored : {SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(ignored, SIG_IGN);
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&taken, number);
    ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    signals_ = Descriptor(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) throw std::system_error(errno, std::generic_category(), "signalfd");
    thread_ = std::thread([this] { run(); });
}

SignalWatch::~SignalWatch() {
    end_.notify();
    thread_.join();
}

void SignalWatch::run() {
    pollfd watched[] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                        {.fd = end_.descriptor(), .events = POLLIN, .revents = 0}};
    while (!watched[1].revents) {
        if (::poll(watched, std::size(watched), -1) > 0 && watched[0].revents) take_signals();
    }
}

void SignalWatch::take_signals() {
    signalfd_siginfo received{};
    while (::read(signals_.get(), &received, sizeof received) == static_cast<ssize_t>(sizeof received)) {
        const auto number = static_cast<int>(received.ssi_signo);
        if (number == SIGHUP) {
            hang_up_();
            continue;
        }
        log::info("told to end", {{"signal", number}});
        stop_.request_stop();
    }
}

}  // namespace mf
