// SPDX-License-Identifier: MIT
#include "domain/schedule_anchor.h"

#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view weekdays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
constexpr unsigned longest_month[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

Error wrong(std::string_view text, std::string_view why) {
    return {ErrorCode::invalid,
            fmt::format("'{}' is no time within the interval: {} Write for example :15 (hourly), 02:00 (daily), "
                        "mon 02:00 (weekly), 31 02:00 (monthly) or 03-31 02:00 (yearly).",
                        to_utf8(text.substr(0, 40)), why)};
}

/// One or two digits, nothing else.
std::optional<unsigned> number_between(std::string_view text, unsigned low, unsigned high) {
    if (text.empty() || text.size() > 2 || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
    const auto value = static_cast<unsigned>(*to_integer(text));
    return value >= low && value <= high ? std::optional(value) : std::nullopt;
}

bool read_time(std::string_view text, Anchor& out) {
    const auto colon = text.find(':');
    if (colon == text.npos) return false;
    const auto hour = number_between(text.substr(0, colon), 0, 23),
               minute = number_between(text.substr(colon + 1), 0, 59);
    if (!minute || text.size() - colon != 3) return false;
    out.minute = *minute;
    out.is_minute_only = colon == 0;
    if (hour) out.hour = *hour;
    return hour || colon == 0;
}

bool read_day(std::string_view text, Anchor& out) {
    for (unsigned i = 0; i < 7; ++i)
        if (text == weekdays[i] || text == weekdays[i].substr(0, 3)) out.weekday = i;
    const auto dash = text.find('-');
    if (dash != text.npos) out.month = number_between(text.substr(0, dash), 1, 12);
    out.day = number_between(text.substr(dash == text.npos ? 0 : dash + 1), 1, 31);
    if (dash != text.npos) return out.month && out.day && *out.day <= longest_month[*out.month];
    return out.weekday || out.day;
}

}  // namespace

Result<Anchor> parse_anchor(std::string_view text) {
    if (text.size() > 100) return wrong(text, "it is too long.");
    const auto small = lower(trim(text));
    const std::string_view all(small);
    const auto blank = all.find_first_of(" \t");
    const auto first = all.substr(0, blank), rest = blank == all.npos ? "" : trim(all.substr(blank));
    Anchor out;
    if (first.empty()) return wrong(text, "it is empty.");
    if (first.find(':') != first.npos) {
        if (!rest.empty() || !read_time(first, out)) return wrong(text, "the time must be from 00:00 to 23:59.");
        return out;
    }
    if (!read_day(first, out)) return wrong(text, "there is no such day.");
    if (!rest.empty() && (!read_time(rest, out) || out.is_minute_only))
        return wrong(text, "the time must be from 00:00 to 23:59.");
    return out;
}

std::string to_text(const Anchor& anchor) {
    if (anchor.is_minute_only) return fmt::format(":{:02}", anchor.minute);
    std::string out;
    if (anchor.weekday) out = fmt::format("{} ", weekdays[*anchor.weekday].substr(0, 3));
    if (anchor.month) out += fmt::format("{:02}-", *anchor.month);
    if (anchor.day) out += fmt::format("{:02} ", *anchor.day);
    return out + fmt::format("{:02}:{:02}", anchor.hour, anchor.minute);
}

Result<std::string> cron_of(Interval interval, const Anchor& anchor) {
    const auto refuse = [&](std::string_view form) {
        return Error{ErrorCode::invalid,
                     fmt::format("'{}' does not fit the interval {}; {}.", to_text(anchor), word_of(interval), form)};
    };
    const auto time = fmt::format("{} {}", anchor.minute, anchor.hour);
    if (anchor.is_minute_only && interval != Interval::hourly)
        return refuse("a minute alone is for hourly, write a time such as 02:00");
    switch (interval) {
        case Interval::disabled: return refuse("choose an interval, or leave the time empty");
        case Interval::minutely: return refuse("leave the time empty");
        case Interval::custom: return refuse("write the time into the cron expression");
        case Interval::hourly:
            if (!anchor.is_minute_only) return refuse("write the minute as :15");
            return fmt::format("{} * * * *", anchor.minute);
        case Interval::daily:
            if (anchor.weekday || anchor.day) return refuse("write a time such as 02:00");
            return time + " * * *";
        case Interval::weekly:
            if (anchor.day) return refuse("write a weekday and a time such as mon 02:00");
            return fmt::format("{} * * {}", time, anchor.weekday.value_or(1));
        case Interval::monthly:
            if (anchor.weekday || anchor.month) return refuse("write a day and a time such as 31 02:00");
            return fmt::format("{} {} * *", time, anchor.day.value_or(1));
        case Interval::yearly:
            if (anchor.weekday || (anchor.day && !anchor.month))
                return refuse("write a date and a time such as 03-31 02:00");
            return fmt::format("{} {} {} *", time, anchor.day.value_or(1), anchor.month.value_or(1));
    }
    return refuse("choose another interval");
}

}  // namespace mf
