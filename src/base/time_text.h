// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "base/zone.h"

#include <string_view>

namespace mf {

/// A moment as people type it. Local forms mean the zone; a local time inside a gap is the first moment after the
/// gap, one that occurs twice is the first. Capitals do not matter, blanks around do not either.
///
///     2025-06-15T12:35:00+02:00  2025-06-15T12:35Z  2025-06-15 12:35:00.250   ISO 8601, with or without offset
///     2025-06-15                                                              00:00 of that day
///     @1750000000                                                             seconds since 1970 in UTC
///     now   today   tomorrow   yesterday   tomorrow 02:00   12:30             12:30 is today, be it past or not
///     +5 minutes   +1 hour 30 min   -1 day   in 2 hours   90 min ago   +1h30m
///
/// Seconds, minutes and hours are real time; days, weeks, months and years keep the local time, and a month that is
/// too short gives its last day. Years 1 to 9999; the error sentence quotes the text and shows right ones.
Result<Timestamp> parse_time(std::string_view text, Timestamp now, const Zone& zone);

/// A length of time: "90" or "90s" (seconds), "05:00" (minutes:seconds), "1:30:00", "1 hour 30 min", "1h30m", "2 days"
/// (a day is 24 hours, a week 7 days). Not negative, at most 100 years.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// "2 h 30 min", "45 s", "0 s": the two largest units that are not zero, for people.
std::string format_duration(std::chrono::seconds length);

}  // namespace mf
