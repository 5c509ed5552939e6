// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace mf {

/// A moment in UTC. Local time exists only at the edges, see base/zone.h.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Octets without an encoding: output of a job, the content of an artifact.
struct Bytes {
    std::string data;
    bool operator==(const Bytes&) const = default;
};

/// A database cell, a JSON scalar, a form field: the one currency in which
/// records travel between layers. Timestamps are integers (ms since 1970 UTC).
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes>;

inline bool is_null(const Value& value) { return value.index() == 0; }

/// A moment in the form of a Value.
inline std::int64_t ms(Timestamp moment) { return moment.time_since_epoch().count(); }

/// A whole number that is there.
inline std::int64_t integer_of(const Value& value) { return std::get<std::int64_t>(value); }

/// What SUM and MAX say: of no rows NULL, which is 0 here.
inline std::int64_t integer_or_zero(const Value& value) { return is_null(value) ? 0 : integer_of(value); }

/// A truth value that was read from a database; some store it as a number.
inline bool is_true(const Value& value) {
    const auto* flag = std::get_if<bool>(&value);
    return flag ? *flag : std::get<std::int64_t>(value) != 0;
}

}  // namespace mf
