// SPDX-License-Identifier: MIT
#pragma once

#include "base/time_text.h"
#include "base/zone.h"

#include <string_view>

namespace mf::testing {

/// "2026-03-02 02:00", in UTC.
inline Timestamp at(std::string_view text) { return *parse_time(text, Timestamp{}, Zone::utc()); }

/// When tests take place that have no reason for another time.
inline const Timestamp test_time = at("2026-03-02 02:00");

/// Not at the begin of a second, so that a database that rounds is found out.
constexpr Timestamp odd_moment{std::chrono::milliseconds{1'795'000'000'123}};

inline const Zone prague = *Zone::named("Europe/Prague");

}  // namespace mf::testing
