// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace mf {

/// How long the machine has been running, times of suspension included (man 2 clock_gettime, CLOCK_BOOTTIME). Nobody
/// can set it, so it measures how long something lasts, whatever happens to the clock.
std::chrono::milliseconds uptime();

}  // namespace mf
