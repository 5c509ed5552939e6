// SPDX-License-Identifier: MIT
#include "domain/cron.h"

#include <algorithm>
#include <bit>

namespace mf {
namespace {

using namespace std::chrono;

constexpr unsigned bits_from(unsigned first) { return first >= 32 ? 0 : ~0u << first; }
constexpr std::uint64_t bits_from_64(unsigned first) { return first >= 64 ? 0 : ~std::uint64_t{0} << first; }

constexpr unsigned last_of(year y, month m) {
    return static_cast<unsigned>(year_month_day_last(y, month_day_last(m)).day());
}
constexpr unsigned weekday_of(unsigned first_weekday, unsigned day) { return (first_weekday + day - 1) % 7; }
constexpr bool is_working(unsigned weekday) { return weekday != 0 && weekday != 6; }

/// The working day (Monday to Friday) next to a day without leaving the month; Quartz' W.
unsigned nearest_working_day(unsigned day, unsigned first_weekday, unsigned length) {
    switch (weekday_of(first_weekday, day)) {
        case 6: return day > 1 ? day - 1 : day + 2;       // Saturday
        case 0: return day < length ? day + 1 : day - 2;  // Sunday
        default: return day;
    }
}

constexpr Timestamp end_of_time = sys_days{2400y / 1 / 1};
constexpr Timestamp start_of_time = sys_days{1800y / 1 / 1};
constexpr seconds longest_gap = hours{3};

}  // namespace

/// Bit n is set when the n-th of such a month matches.
std::uint32_t CronExpression::days_of(unsigned first_weekday, unsigned month, unsigned length) const {
    if (!(months_ >> month & 1)) return 0;
    const std::uint32_t whole = bits_from(1) & ~bits_from(length + 1);

    std::uint32_t by_day = days_;
    if (last_day_) by_day |= 1u << length;
    if (last_working_day_) {
        unsigned day = length;
        while (!is_working(weekday_of(first_weekday, day))) --day;
        by_day |= 1u << day;
    }
    for (auto left = near_days_ & whole; left; left &= left - 1)
        by_day |= 1u << nearest_working_day(static_cast<unsigned>(std::countr_zero(left)), first_weekday, length);

    std::uint32_t by_weekday = 0;
    for (unsigned weekday = 0; weekday < 7; ++weekday) {
        const unsigned first = 1 + (weekday + 7 - first_weekday) % 7;
        if (weekdays_ >> weekday & 1)
            for (unsigned day = first; day <= length; day += 7) by_weekday |= 1u << day;
        for (unsigned n = 0; n < 5; ++n)
            if (nth_weekdays_[weekday * 6 + n] && first + 7 * n <= length) by_weekday |= 1u << (first + 7 * n);
        if (nth_weekdays_[weekday * 6 + 5]) by_weekday |= 1u << (first + (length - first) / 7 * 7);
    }

    if (any_day_ && any_weekday_) return whole;
    if (any_day_) return by_weekday & whole;
    if (any_weekday_) return by_day & whole;
    return (by_day | by_weekday) & whole;
}

std::uint32_t CronExpression::days_of(int y, unsigned m) const {
    const year_month_day first = year{y} / month{m} / 1;
    return days_of(weekday{sys_days{first}}.c_encoding(), m, last_of(year{y}, month{m}));
}

bool CronExpression::has_no_day() const {
    // All kinds of month there are; 29 February falls on every weekday within 400 years.
    for (unsigned m = 1; m <= 12; ++m)
        for (unsigned first_weekday = 0; first_weekday < 7; ++first_weekday)
            for (const auto y : {2023y, 2024y})
                if (days_of(first_weekday, m, last_of(y, month{m}))) return false;
    return true;
}

/// The first matching local minute of [at_or_after, before), as if clocks never changed. Both whole minutes or not.
std::optional<LocalTime> CronExpression::next_local(LocalTime at_or_after, LocalTime before) const {
    const auto start = ceil<minutes>(at_or_after);
    auto day = floor<days>(start);
    const auto time = start - day;
    auto hour = static_cast<unsigned>(duration_cast<hours>(time).count());
    auto minute = static_cast<unsigned>(duration_cast<minutes>(time).count()) % 60;

    // Within the first day the time counts; on a later one its first time is right.
    const year_month_day date(day);
    const auto bit = static_cast<unsigned>(date.day());
    auto matching = days_of(static_cast<int>(date.year()), static_cast<unsigned>(date.month())) & bits_from(bit);
    if (matching >> bit & 1) {
        auto later_hours = hours_ & bits_from(hour);
        if (later_hours >> hour & 1) {
            if (const auto left = minutes_ & bits_from_64(minute)) {
                const LocalTime found = day + hours{hour} + minutes{std::countr_zero(left)};
                return found < before ? std::optional(found) : std::nullopt;
            }
            later_hours &= bits_from(hour + 1);
        }
        if (later_hours) {
            const LocalTime found = day + hours{std::countr_zero(later_hours)} + minutes{std::countr_zero(minutes_)};
            return found < before ? std::optional(found) : std::nullopt;
        }
        matching &= bits_from(bit + 1);
    }
    for (auto month = date.year() / date.month();; month += months{1}) {
        if (month != date.year() / date.month())
            matching = days_of(static_cast<int>(month.year()), static_cast<unsigned>(month.month()));
        if (matching) {
            day = local_days{month / static_cast<int>(std::countr_zero(matching))};
            const LocalTime found = day + hours{std::countr_zero(hours_)} + minutes{std::countr_zero(minutes_)};
            return found < before ? std::optional(found) : std::nullopt;
        }
        if (local_days{month / 1} >= before) return std::nullopt;
    }
}

std::optional<Timestamp> CronExpression::next(Timestamp after, const Zone& zone) const {
    if (never_ || after >= end_of_time) return std::nullopt;
    if (after < start_of_time) after = start_of_time;
    auto earliest = ceil<seconds>(after + milliseconds{1});
    while (earliest < end_of_time) {
        const auto period = zone.period_at(earliest);
        const Timestamp end = std::min(period.end.value_or(end_of_time), end_of_time);
        const auto local_at = [&](Timestamp t) {
            return LocalTime{floor<seconds>(t).time_since_epoch() + period.offset};
        };
        auto from = local_at(earliest);
        // Times that the clocks already showed before they were put back.
        if (!real_time_ && period.begin && period.before > period.offset)
            from = std::max(from, LocalTime{floor<seconds>(*period.begin).time_since_epoch() + period.before});
        if (const auto found = next_local(from, local_at(end)))
            return sys_seconds{found->time_since_epoch()} - period.offset;
        if (end == end_of_time) break;
        const auto gap = period.afterwards - period.offset;
        if (!real_time_ && gap > seconds{0} && gap <= longest_gap && next_local(local_at(end), local_at(end) + gap))
            return end;
        earliest = floor<seconds>(end);
    }
    return std::nullopt;
}

}  // namespace mf
