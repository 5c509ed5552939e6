// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"

#include <string_view>

namespace mf::probe {

/// Takes the text of /proc/uptime (man 5 proc). A machine that has just started may have crashed (minimum, in
/// minutes); one that never starts anew runs an old kernel (maximum, in days). 0: do not care.
Finding judge_uptime(std::string_view uptime, double minimum, double maximum);

}  // namespace mf::probe
