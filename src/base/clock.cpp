// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mf {

using namespace std::chrono_literals;

Nudge::Nudge() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Nudge::notify() noexcept { ::eventfd_write(event_.get(), 1); }

bool Nudge::consume() noexcept {
    eventfd_t count = 0;
    return ::eventfd_read(event_.get(), &count) == 0;
}

Timestamp SystemClock::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

bool SystemClock::wait_until(std::optional<Timestamp> moment, Nudge& nudge, std::stop_token stop) {
    const std::stop_callback on_stop(stop, [&] { nudge.notify(); });
    // The timer never fires; it becomes readable when somebody sets the machine's clock (man 2 timerfd_create).
    const Descriptor step_detector(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    const itimerspec far_away{.it_interval = {}, .it_value = {.tv_sec = 1LL << 40, .tv_nsec = 0}};
    ::timerfd_settime(step_detector.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far_away, nullptr);

    // Emulated clocks and some virtual machines step without telling the timer: look at the clock once a second.
    auto patience = 1000ms;
    if (moment) patience = std::clamp(*moment - now(), 0ms, patience);
    pollfd watched[] = {{nudge.descriptor(), POLLIN, 0}, {step_detector.get(), POLLIN, 0}};
    ::poll(watched, 2, static_cast<int>(patience.count()));
    return nudge.consume();
}

}  // namespace mf
