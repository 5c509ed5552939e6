// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"
#include "probe/threshold.h"

#include <sys/statvfs.h>

namespace mf::probe {

/// Free space as df shows it to ordinary users: what is reserved for root counts neither as free nor as used.
Finding judge_space(const struct statvfs& numbers, Limits limits);

/// File systems that make inodes as needed (btrfs) report none at all; those are fine.
Finding judge_inodes(const struct statvfs& numbers, Limits limits);

}  // namespace mf::probe
