// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"
#include "probe/threshold.h"

#include <string_view>

namespace mf::probe {

/// Takes the texts of /proc/loadavg and /proc/stat (man 5 proc). The five-minute average is judged: the
/// one-minute one jumps with every compiler, the fifteen-minute one comes too late.
Finding judge_load(std::string_view loadavg, std::string_view stat, Limits limits);

}  // namespace mf::probe
