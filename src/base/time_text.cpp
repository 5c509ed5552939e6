// SPDX-License-Identifier: MIT
#include "base/time_text.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

using namespace std::chrono;

constexpr bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Reads a text from its start; every function takes what it names, or nothing.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}
    bool at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_any(std::string_view chars) {
        return !rest_.empty() && chars.find(rest_.front()) != chars.npos && take(rest_.front());
    }
    void skip_blanks() {
        while (take_any(" \t")) {
        }
    }
    /// Between min and max digits; more are left standing.
    std::optional<int> digits(std::size_t min, std::size_t max) {
        std::size_t length = 0;
        while (length < std::min(max, rest_.size()) && is_digit(rest_[length])) ++length;
        if (length < min) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < length; ++i) value = value * 10 + (rest_[i] - '0');
        rest_.remove_prefix(length);
        return value;
    }
    std::string_view word() {
        std::size_t length = 0;
        while (length < rest_.size() && is_small_letter(rest_[length])) ++length;
        const auto out = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return out;
    }
    bool next_is_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

enum class Unit { second, minute, hour, day, week, month, year };

constexpr std::pair<std::string_view, Unit> unit_names[] = {
    {"s", Unit::second},       {"sec", Unit::second},     {"secs", Unit::second}, {"second", Unit::second},
    {"seconds", Unit::second}, {"m", Unit::minute},       {"min", Unit::minute},  {"mins", Unit::minute},
    {"minute", Unit::minute},  {"minutes", Unit::minute}, {"h", Unit::hour},      {"hour", Unit::hour},
    {"hours", Unit::hour},     {"d", Unit::day},          {"day", Unit::day},     {"days", Unit::day},
    {"w", Unit::week},         {"week", Unit::week},      {"weeks", Unit::week},  {"month", Unit::month},
    {"months", Unit::month},   {"y", Unit::year},         {"year", Unit::year},   {"years", Unit::year}};

/// Amounts of "1 hour 30 min"; calendar units apart from real time.
struct Span {
    int months_count = 0;
    int days_count = 0;
    seconds time{0};
};

std::optional<Span> read_span(Reader& reader) {
    Span out;
    bool any = false;
    for (;;) {
        reader.skip_blanks();
        if (any && !reader.next_is_digit()) {
            // "1 hour and 30 minutes", "1 hour, 30 minutes"
            auto ahead = reader;
            if (!ahead.take(',') && ahead.word() != "and") return out;
            ahead.skip_blanks();
            if (!ahead.next_is_digit()) return out;
            reader = ahead;
        }
        const auto amount = reader.digits(1, 8);
        reader.skip_blanks();
        const auto word = reader.word();
        const auto* unit = std::ranges::find(unit_names, word, &std::pair<std::string_view, Unit>::first);
        if (!amount || unit == std::end(unit_names)) return std::nullopt;
        switch (unit->second) {
            case Unit::second: out.time += seconds{*amount}; break;
            case Unit::minute: out.time += minutes{*amount}; break;
            case Unit::hour: out.time += hours{*amount}; break;
            case Unit::day: out.days_count += *amount; break;
            case Unit::week: out.days_count += *amount * 7; break;
            case Unit::month: out.months_count += *amount; break;
            case Unit::year: out.months_count += *amount * 12; break;
        }
        if (out.months_count > 240000 || out.days_count > 7300000) return std::nullopt;
        any = true;
    }
}

/// "HH:MM" or "HH:MM:SS" or "HH:MM:SS.fff".
std::optional<milliseconds> read_time_of_day(Reader& reader) {
    const auto hour = reader.digits(1, 2);
    if (!hour || *hour > 23 || !reader.take(':')) return std::nullopt;
    const auto minute = reader.digits(2, 2);
    if (!minute || *minute > 59) return std::nullopt;
    milliseconds out = hours{*hour} + minutes{*minute};
    if (!reader.take(':')) return out;
    const auto second = reader.digits(2, 2);
    if (!second || *second > 59) return std::nullopt;
    out += seconds{*second};
    if (reader.take_any(".,")) {
        int scale = 100;
        if (!reader.next_is_digit()) return std::nullopt;
        for (; reader.next_is_digit(); scale /= 10) out += milliseconds{*reader.digits(1, 1) * scale};
    }
    return out;
}

/// "Z", "+02:00", "+0200", "+02"; none: no offset here.
std::optional<seconds> read_offset(Reader& reader) {
    if (reader.take('z')) return seconds{0};
    auto ahead = reader;
    const bool is_west = ahead.take('-');
    if (!is_west && !ahead.take('+')) return std::nullopt;
    const auto hour = ahead.digits(2, 2);
    if (!hour || *hour > 23) return std::nullopt;
    int minute = 0;
    if (ahead.take(':') || ahead.next_is_digit()) {
        const auto given = ahead.digits(2, 2);
        if (!given || *given > 59) return std::nullopt;
        minute = *given;
    }
    reader = ahead;
    const seconds out = hours{*hour} + minutes{minute};
    return is_west ? -out : out;
}

Timestamp at_local(LocalTime whole, milliseconds rest, const Zone& zone) {
    const auto meaning = zone.meaning_of(whole);
    return meaning.kind == LocalMeaning::Kind::gap ? meaning.first : meaning.first + rest;
}

Timestamp at_day(local_days day, milliseconds time, const Zone& zone) {
    const auto whole = floor<seconds>(time);
    return at_local(day + whole, time - whole, zone);
}

std::optional<Timestamp> read_date(Reader reader, const Zone& zone) {
    const auto y = reader.digits(4, 4);
    if (!y || *y < 1 || !reader.take('-')) return std::nullopt;
    const auto m = reader.digits(2, 2);
    if (!m || !reader.take('-')) return std::nullopt;
    const auto d = reader.digits(2, 2);
    if (!d) return std::nullopt;
    const year_month_day date = year{*y} / *m / *d;
    if (!date.ok()) return std::nullopt;
    if (reader.at_end()) return at_day(local_days{date}, {}, zone);
    if (!reader.take('t') && !reader.take(' ')) return std::nullopt;
    reader.skip_blanks();
    const auto time = read_time_of_day(reader);
    if (!time) return std::nullopt;
    reader.skip_blanks();
    const auto offset = read_offset(reader);
    if (!reader.at_end()) return std::nullopt;
    if (offset) return Timestamp{sys_days{date}} + *time - *offset;
    return at_day(local_days{date}, *time, zone);
}

std::optional<Timestamp> moved(Timestamp now, const Span& span, int sign, const Zone& zone) {
    Timestamp out = now;
    if (span.months_count || span.days_count) {
        const auto local = zone.to_local(now);
        const auto today = floor<days>(local);
        auto date = year_month_day(today);
        const auto in_month = date.year() / date.month() + months{sign * span.months_count};
        if (in_month.year() < 1y || in_month.year() > 9999y) return std::nullopt;
        date = std::min(in_month / date.day(), year_month_day(in_month / last));
        const auto day = local_days{date} + days{sign * span.days_count};
        out = at_local(day + (local - today), now - floor<seconds>(now), zone);
    }
    return out + sign * span.time;
}

std::optional<Timestamp> read_relative(Reader reader, Timestamp now, const Zone& zone) {
    int sign = 1;
    bool has_sign = true;
    if (reader.take('-'))
        sign = -1;
    else if (!reader.take('+')) {
        auto ahead = reader;
        has_sign = ahead.word() == "in";
        if (has_sign) reader = ahead;
    }
    const auto span = read_span(reader);
    if (!span) return std::nullopt;
    if (!has_sign) {
        if (reader.word() != "ago") return std::nullopt;
        sign = -1;
    }
    if (!reader.at_end()) return std::nullopt;
    return moved(now, *span, sign, zone);
}

std::optional<Timestamp> read_named_day(Reader reader, Timestamp now, const Zone& zone) {
    auto day = floor<days>(zone.to_local(now));
    if (!reader.next_is_digit()) {
        const auto word = reader.word();
        if (word == "tomorrow")
            day += days{1};
        else if (word == "yesterday")
            day -= days{1};
        else if (word != "today")
            return std::nullopt;
        if (reader.at_end()) return at_day(day, {}, zone);
        reader.skip_blanks();
    }
    const auto time = read_time_of_day(reader);
    if (!time || !reader.at_end()) return std::nullopt;
    return at_day(day, *time, zone);
}

std::optional<Timestamp> read_unix(Reader reader) {
    if (!reader.take('@')) return std::nullopt;
    const auto number = to_integer(reader.rest());
    if (!number || *number > 253402300799 || *number < -62135596800) return std::nullopt;
    return Timestamp{seconds{*number}};
}

std::string shortened(std::string_view text) { return to_utf8(text.substr(0, 60)) + (text.size() > 60 ? "…" : ""); }

}  // namespace

Result<Timestamp> parse_time(std::string_view text, Timestamp now, const Zone& zone) {
    const std::string small = text.size() <= 200 ? lower(trim(text)) : "";
    const Reader reader(small);
    std::optional<Timestamp> found;
    if (small == "now") found = now;
    if (!found) found = read_date(reader, zone);
    if (!found) found = read_named_day(reader, now, zone);
    if (!found) found = read_relative(reader, now, zone);
    if (!found) found = read_unix(reader);
    if (found && *found >= sys_days{1y / 1 / 1} && *found < sys_days{10000y / 1 / 1}) return *found;
    return Error{ErrorCode::invalid,
                 fmt::format("'{}' is not a time; write for example 2026-03-31 02:00, 2026-03-31T02:00:00+02:00, now, "
                             "+5 minutes or tomorrow 02:00.",
                             shortened(text))};
}

namespace {

/// "90", "05:00", "1:30:00": the last part are seconds.
std::optional<seconds> read_clock_duration(Reader reader) {
    seconds out{0};
    for (int part = 0; part < 3; ++part) {
        const auto value = reader.digits(1, 8);
        if (!value || (part > 0 && *value > 59)) return std::nullopt;
        out = out * 60 + seconds{*value};
        if (reader.at_end()) return out;
        if (!reader.take(':')) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<seconds> read_word_duration(Reader reader) {
    const auto span = read_span(reader);
    if (!span || !reader.at_end() || span->months_count) return std::nullopt;
    return span->time + days{span->days_count};
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
    const std::string small = text.size() <= 200 ? lower(trim(text)) : "";
    auto found = read_clock_duration(Reader(small));
    if (!found) found = read_word_duration(Reader(small));
    if (found && *found <= days{36525}) return *found;
    return Error{ErrorCode::invalid, fmt::format("'{}' is not a length of time; write seconds, or for example 1:30:00, "
                                                 "90 min or 1 hour 30 min.",
                                                 shortened(text))};
}

std::string format_duration(seconds length) {
    const auto total = length.count();
    const std::pair<std::int64_t, const char*> units[] = {
        {total / 86400, "d"}, {total / 3600 % 24, "h"}, {total / 60 % 60, "min"}, {total % 60, "s"}};
    std::string out;
    int shown = 0;
    for (const auto& [amount, name] : units)
        if (amount != 0 && shown < 2) {
            out += fmt::format("{}{} {}", shown ? " " : "", amount, name);
            ++shown;
        }
    return out.empty() ? "0 s" : out;
}

}  // namespace mf
