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
constexpr seconds longest_local_gap = hours{3};

}  // namespace

/// Bit n is set when the n-th of such a month matches.
std::uint32_t CronExpression::days_of(unsigned first_weekday, unsigned month, unsigned length) const {
    if (!(months_ >> month & 1)) return 0;
    const std::uint32_t whole = bits_from(1) & ~bits_from(length + 1);

    std::uint32_t by_day = days_;
    if (last_day_ || (clamps_days_ && (days_ & bits_from(length + 1)))) by_day |= 1u << length;
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

/// A piece of real time without a clock change in it, as the expression sees it.
struct CronExpression::Stretch {
    sys_seconds end;
    seconds offset;
    LocalTime first;      ///< from here on local times are ours; earlier ones were shown before the clocks went back
    bool fires_at_end;    ///< for local times inside the gap that follows
    bool end_is_regular;  ///< the moment of the end fires anyway, by its own local time

    LocalTime local(sys_seconds moment) const { return LocalTime{moment.time_since_epoch() + offset}; }
};

CronExpression::Stretch CronExpression::stretch_at(Timestamp moment, const Zone& zone) const {
    const auto period = zone.period_at(moment);
    Stretch out{floor<seconds>(std::min(period.end.value_or(end_of_time), end_of_time)), period.offset,
                LocalTime::min(), false, false};
    if (!real_time_ && period.begin && period.before > period.offset)
        out.first = LocalTime{floor<seconds>(*period.begin).time_since_epoch() + period.before};
    const auto gap = period.afterwards - period.offset;
    if (!real_time_ && gap > seconds{0} && gap <= longest_local_gap && out.end < end_of_time) {
        const auto start = out.local(out.end);
        out.fires_at_end = next_local(start, start + gap).has_value();
        out.end_is_regular = next_local(start + gap, start + gap + seconds{1}).has_value();
    }
    return out;
}

std::optional<Timestamp> CronExpression::next(Timestamp after, const Zone& zone) const {
    if (never_ || after >= end_of_time) return std::nullopt;
    auto at = floor<seconds>(std::max(after, start_of_time));
    auto earliest = at + seconds{1};
    while (at < end_of_time) {
        const auto stretch = stretch_at(at, zone);
        const auto from = std::max(stretch.local(earliest), stretch.first);
        if (const auto found = next_local(from, stretch.local(stretch.end)))
            return sys_seconds{found->time_since_epoch()} - stretch.offset;
        if (stretch.fires_at_end) return stretch.end;
        at = earliest = stretch.end;
    }
    return std::nullopt;
}

std::optional<Timestamp> CronExpression::previous(Timestamp before, const Zone& zone) const {
    if (never_ || before <= start_of_time) return std::nullopt;
    // next(t) < before holds for every t up to the one sought and for none after it.
    Timestamp high = std::min(before, end_of_time), low = high;
    for (auto width = minutes{1}; low > start_of_time; width *= 2) {
        low = std::max(high - width, start_of_time);
        if (const auto found = next(low, zone); found && *found < before) break;
        if (low == start_of_time) return std::nullopt;
    }
    while (high - low > milliseconds{1}) {
        const auto middle = low + (high - low) / 2;
        const auto found = next(middle, zone);
        (found && *found < before ? low : high) = middle;
    }
    return next(low, zone);
}

std::int64_t CronExpression::count(Timestamp after, Timestamp until, const Zone& zone) const {
    if (never_ || after >= end_of_time) return 0;
    auto at = floor<seconds>(std::max(after, start_of_time));
    auto earliest = at + seconds{1};
    const auto stop = floor<seconds>(std::min(until, end_of_time - seconds{1})) + seconds{1};
    std::int64_t out = 0;
    while (at < stop) {
        const auto stretch = stretch_at(at, zone);
        const auto from = std::max(stretch.local(earliest), stretch.first);
        out += count_local(from, stretch.local(std::min(stretch.end, stop)));
        if (stretch.end < stop && stretch.fires_at_end && !stretch.end_is_regular) ++out;
        at = earliest = stretch.end;
    }
    return out;
}

/// How many matching local minutes there are in [from, before), as if clocks never changed.
std::int64_t CronExpression::count_local(LocalTime from, LocalTime before) const {
    if (from >= before) return 0;
    const std::int64_t a_day = std::int64_t{std::popcount(minutes_)} * std::popcount(hours_);
    const auto until = [&](LocalTime end) {  // matching minutes of the day of `end` that lie before it
        const auto start = floor<days>(end);
        std::int64_t out = 0;
        for (auto at = next_local(start, end); at; at = next_local(*at + seconds{1}, end)) ++out;
        return out;
    };
    std::int64_t out = until(before) - until(from);
    auto day = floor<days>(from);
    const auto last_day = floor<days>(before);
    while (day < last_day) {
        const year_month_day date(day);
        const auto next_month = local_days{(date.year() / date.month() + months{1}) / 1};
        auto matching = days_of(static_cast<int>(date.year()), static_cast<unsigned>(date.month()));
        matching &= bits_from(static_cast<unsigned>(date.day()));
        if (next_month > last_day) matching &= ~bits_from(static_cast<unsigned>(year_month_day(last_day).day()));
        out += a_day * std::popcount(matching);
        day = next_month;
    }
    return out;
}

std::vector<LocalTime> CronExpression::moved_to(Timestamp run, const Zone& zone) const {
    const auto period = zone.period_at(run);
    const auto gap = period.offset - period.before;
    std::vector<LocalTime> out;
    if (real_time_ || never_ || period.begin != run || gap <= seconds{0} || gap > longest_local_gap) return out;
    const auto end = zone.to_local(run);
    for (auto at = next_local(end - gap, end); at; at = next_local(*at + seconds{1}, end)) out.push_back(*at);
    return out;
}

CronExpression CronExpression::with_clamped_days() const {
    auto out = *this;
    out.clamps_days_ = true;
    out.never_ = out.has_no_day();
    return out;
}

}  // namespace mf
