// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"
#include "probe/threshold.h"

#include <string_view>

namespace mf::probe {

/// Both take the text of /proc/meminfo (man 5 proc).
/// Memory that programs can still get, page cache included.
Finding judge_memory(std::string_view meminfo, Limits limits);
/// A machine without swap is fine.
Finding judge_swap(std::string_view meminfo, Limits limits);

}  // namespace mf::probe
