// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/interval.h"

#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// When within its period a run template runs, in local time: "daily at 02:00". What is not given is the start of the
/// period: Monday, the 1st, January, 00:00.
struct Anchor {
    unsigned hour = 0;
    unsigned minute = 0;
    bool is_minute_only = false;      ///< ":15", for hourly
    std::optional<unsigned> weekday;  ///< 0 Sunday … 6 Saturday, for weekly
    std::optional<unsigned> day;      ///< 1 … 31, for monthly and yearly; a shorter month runs on its last day
    std::optional<unsigned> month;    ///< 1 … 12, for yearly, together with day
    bool operator==(const Anchor&) const = default;
};

/// ":15", "02:00", "mon 02:00", "31 02:00", "03-31 02:00"; the time may be left out after a weekday or a day.
/// Weekdays by their English name or its first three letters; capitals do not matter.
Result<Anchor> parse_anchor(std::string_view text);

/// The one form that is stored and shown; parse_anchor reads it.
std::string to_text(const Anchor& anchor);

/// The expression of an interval at an anchor ("0 2 31 * *"), days to be clamped to the month.
/// Error when the anchor says something that the interval has no use for.
Result<std::string> cron_of(Interval interval, const Anchor& anchor);

}  // namespace mf
