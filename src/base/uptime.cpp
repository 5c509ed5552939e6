// SPDX-License-Identifier: MIT
#include "base/uptime.h"

#include <ctime>

namespace mf {

std::chrono::milliseconds uptime() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace mf
