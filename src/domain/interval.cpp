// SPDX-License-Identifier: MIT
#include "domain/interval.h"

#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

struct Row {
    Interval interval;
    std::string_view code, word;
    std::int64_t seconds;
    std::string_view cron;
};

constexpr Row rows[] = {{Interval::disabled, "n", "disabled", 0, ""},
                        {Interval::minutely, "i", "minutly", 60, "* * * * *"},
                        {Interval::hourly, "h", "hourly", 3600, "0 * * * *"},
                        {Interval::daily, "d", "daily", 86400, "0 0 * * *"},
                        {Interval::weekly, "w", "weekly", 604800, "0 0 * * 1"},
                        {Interval::monthly, "m", "monthly", 2629743, "0 0 1 * *"},
                        {Interval::yearly, "y", "yearly", 31556926, "0 0 1 1 *"},
                        {Interval::custom, "c", "custom", 0, ""}};

constexpr bool rows_match_codes() {
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (rows[i].code != names_of(Interval{})[i] || rows[i].interval != static_cast<Interval>(i)) return false;
    return std::size(rows) == names_of(Interval{}).size();
}
static_assert(rows_match_codes());

constexpr std::pair<std::string_view, Interval> other_words[] = {
    {"minutely", Interval::minutely}, {"none", Interval::disabled},    {"off", Interval::disabled},
    {"cron", Interval::custom},       {"@hourly", Interval::hourly},   {"@daily", Interval::daily},
    {"@midnight", Interval::daily},   {"@monthly", Interval::monthly}, {"@yearly", Interval::yearly},
    {"@annually", Interval::yearly}};

const Row& row_of(Interval interval) { return rows[static_cast<std::size_t>(interval)]; }

}  // namespace

std::string_view word_of(Interval interval) { return row_of(interval).word; }
std::chrono::seconds seconds_of(Interval interval) { return std::chrono::seconds{row_of(interval).seconds}; }
std::string_view cron_of(Interval interval) { return row_of(interval).cron; }

Result<IntervalChoice> parse_interval(std::string_view text) {
    const auto word = lower(trim(text.substr(0, 100)));
    for (const auto& row : rows)
        if (word == row.code || word == row.word) return IntervalChoice{row.interval, ""};
    for (const auto& [other, interval] : other_words)
        if (word == other) return IntervalChoice{interval, ""};
    if (word == "@weekly") return IntervalChoice{Interval::custom, word};
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' is not an interval; there are n (disabled), i (minutely), h (hourly), d (daily), "
                             "w (weekly), m (monthly), y (yearly) and c (custom, with a cron expression).",
                             to_utf8(text.substr(0, 40)))};
}

}  // namespace mf
