// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace mf {

/// How often a run template runs. Kept as its one-letter code, the same as in the PHP original.
enum class Interval {
    disabled,  ///< only when somebody asks
    minutely,
    hourly,
    daily,
    weekly,  ///< on Monday
    monthly,
    yearly,
    custom  ///< has a cron expression of its own
};
constexpr auto names_of(Interval) { return std::to_array<std::string_view>({"n", "i", "h", "d", "w", "m", "y", "c"}); }

/// "disabled", "minutly" (spelt so in every stored record), "hourly", …, "custom": job.schedule_type.
std::string_view word_of(Interval interval);
/// Usual length of the period; 0 for disabled and custom. A month is 30.44 days, a year 365.24.
std::chrono::seconds seconds_of(Interval interval);
/// The expression it stands for; empty for disabled and custom.
std::string_view cron_of(Interval interval);

/// What a person chose with one word.
struct IntervalChoice {
    Interval interval = Interval::disabled;
    std::string cron;  ///< only for custom, and then only when the word says it: "@weekly" is Sunday in cron
    bool operator==(const IntervalChoice&) const = default;
};

/// A code ("d"), a word ("daily", "minutely" or "minutly", "none", "off", "cron") or a cron macro ("@daily").
/// Capitals do not matter. The error lists what there is.
Result<IntervalChoice> parse_interval(std::string_view text);

}  // namespace mf
