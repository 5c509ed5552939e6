// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"

namespace mf::probe {

/// A value that is exactly on a limit is still on its better side.
struct Limits {
    double warning;
    double critical;
};

/// For what must not run out: free space, days left. Below a limit is bad.
constexpr State judge_low(double value, Limits limits) {
    if (value < limits.critical) return State::critical;
    return value < limits.warning ? State::warning : State::ok;
}

/// For what must not grow: load. Above a limit is bad.
constexpr State judge_high(double value, Limits limits) {
    if (value > limits.critical) return State::critical;
    return value > limits.warning ? State::warning : State::ok;
}

/// How a number of the report is rounded: more digits would only be noise in the history of a metric.
double rounded(double value);

/// "1.5 GiB", for people.
std::string size_text(double bytes);

}  // namespace mf::probe
