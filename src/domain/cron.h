// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "base/zone.h"

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// A five-field cron expression: minute hour day month weekday, as in crontab(5), with these decisions:
///
/// * Lists, ranges, steps ("*/5", "10-50/20"), names (jan, MON), 0 and 7 for Sunday, '?' as '*', @hourly, @daily,
///   @midnight, @weekly (Sunday), @monthly, @yearly, @annually. A step needs '*' or a range before it; a range may
///   not run backwards; a step larger than the range leaves its first value.
/// * Days: L (last day of the month), LW (last working day), 15W (working day next to the 15th, within its month);
///   weekdays: 5L (last Friday), 1#2 (second Monday).
/// * When day and weekday are both given, either is enough; only '*' and '?' mean "not given", "*/2" does not.
/// * Clock changes, cron(8) of Vixie cron: an expression whose minute or hour starts with '*' follows real time:
///   nothing inside a gap, both passes of an overlap. Every other expression fires once for each of its local times:
///   those inside a gap (of at most three hours; a longer one is a country that changed its calendar) together at
///   its end, those of an overlap in the first pass.
///
/// A value; all functions may be called from every thread.
class CronExpression {
public:
    /// Total: every text gives an expression or an error that names field and part and shows a right one.
    static Result<CronExpression> parse(std::string_view text);

    /// First firing strictly after the moment; none when there is none before the year 2400.
    std::optional<Timestamp> next(Timestamp after, const Zone& zone) const;

    /// Last firing strictly before the moment; none when there is none since the year 1800.
    std::optional<Timestamp> previous(Timestamp before, const Zone& zone) const;

    /// How often it fires in (after, until]. Exact, and quick for spans of many years.
    std::int64_t count(Timestamp after, Timestamp until, const Zone& zone) const;

    /// Minute or hour starts with '*': it follows real time at clock changes, see above.
    bool follows_real_time() const { return real_time_; }
    /// Day and weekday are both given, so that either is enough.
    bool joins_days_and_weekdays() const { return !any_day_ && !any_weekday_; }
    /// The local times inside a gap of the clocks for which it fires at this moment; empty for an ordinary run.
    std::vector<LocalTime> moved_to(Timestamp run, const Zone& zone) const;

    /// The same, except that a day which a month does not have is its last day: "0 2 31 * *" at the end of every month.
    CronExpression with_clamped_days() const;

    /// No day ever matches, as in "0 0 31 2 *".
    bool never_fires() const { return never_; }

    /// In words: "At 02:30 on Monday and Friday." Times are local.
    std::string describe() const;

    /// The fields as they were given, blanks tidied and letters small; macros stay.
    const std::string& text() const { return text_; }

private:
    friend struct CronParser;
    friend struct CronWords;

    bool has_no_day() const;
    std::uint32_t days_of(int year, unsigned month) const;
    std::uint32_t days_of(unsigned first_weekday, unsigned month, unsigned length) const;
    std::optional<LocalTime> next_local(LocalTime at_or_after, LocalTime before) const;
    std::int64_t count_local(LocalTime from, LocalTime before) const;
    struct Stretch;
    Stretch stretch_at(Timestamp moment, const Zone& zone) const;

    std::string text_;
    std::uint64_t minutes_ = 0;  // bit n: minute n; likewise below
    std::uint32_t hours_ = 0;
    std::uint32_t days_ = 0;
    std::uint32_t months_ = 0;
    std::uint8_t weekdays_ = 0;      // bit 0: Sunday
    std::uint32_t near_days_ = 0;    // bit n: nW
    std::bitset<42> nth_weekdays_;   // weekday * 6 + n - 1 for #n; n = 6 stands for the last one
    bool last_day_ = false;          // L
    bool last_working_day_ = false;  // LW
    bool clamps_days_ = false;
    bool any_day_ = false;  // the field is '*' or '?'
    bool any_weekday_ = false;
    bool never_ = false;
    bool real_time_ = false;  // minute or hour starts with '*': follows real time at clock changes
};

}  // namespace mf
