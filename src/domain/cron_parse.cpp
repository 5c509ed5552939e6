// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/cron.h"

#include <fmt/format.h>
#include <charconv>
#include <span>

namespace mf {
namespace {

struct FieldRule {
    std::string_view title;
    unsigned low, high;
    std::span<const std::string_view> names;  // names[0] stands for the value low
    std::string_view example;
};

constexpr std::string_view month_abbreviations[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view weekday_abbreviations[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr FieldRule field_rules[] = {{"minute", 0, 59, {}, "0, */15 or 10-50/20"},
                                     {"hour", 0, 23, {}, "2, 8-18 or */6"},
                                     {"day", 1, 31, {}, "1, 1,15, L or */2"},
                                     {"month", 1, 12, month_abbreviations, "1, jan-mar or */3"},
                                     {"weekday", 0, 7, weekday_abbreviations, "mon-fri, 0 (Sunday), 5L or 1#2"}};

constexpr std::pair<std::string_view, std::string_view> cron_macros[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};

std::string quoted_start(std::string_view text) {
    const bool is_long = text.size() > 40;
    return fmt::format("'{}{}'", to_utf8(text.substr(0, 40)), is_long ? "…" : "");
}

std::optional<unsigned> number_of_field(std::string_view text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || text.front() == '-' || error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::optional<unsigned> value_of(const FieldRule& rule, std::string_view text) {
    for (std::size_t i = 0; i < rule.names.size(); ++i)
        if (text == rule.names[i]) return rule.low + static_cast<unsigned>(i);
    const auto value = number_of_field(text);
    if (!value || *value < rule.low || *value > rule.high) return std::nullopt;
    return value;
}

std::string all_names(const FieldRule& rule) {
    if (rule.names.empty()) return "";
    return fmt::format(" or {} to {}", rule.names.front(), rule.names.back());
}

struct Complaint {
    const FieldRule& rule;
    std::string_view part;
    Error operator()(std::string_view why) const {
        return invalid(fmt::format("The {} field of the cron expression cannot be {}: {} Write for example {}.",
                                   rule.title, quoted_start(part), why, rule.example));
    }
    Error value(std::string_view wrong) const {
        if (const auto n = number_of_field(wrong))
            return (*this)(fmt::format("{} is not between {} and {}.", *n, rule.low, rule.high));
        if (wrong.empty()) return (*this)("a value is missing.");
        return (*this)(
            fmt::format("{} is no number from {} to {}{}.", quoted_start(wrong), rule.low, rule.high, all_names(rule)));
    }
};

/// One part of a list, without the forms that only days and weekdays know: bits it stands for.
Result<std::uint64_t> bits_of(const FieldRule& rule, std::string_view part) {
    const Complaint wrong{rule, part};
    const auto slash = part.find('/');
    const auto range = part.substr(0, slash);
    unsigned first = rule.low, last = rule.high, step = 1;
    if (range != "*") {
        const auto dash = range.find('-');
        const auto from = value_of(rule, range.substr(0, dash));
        if (!from) return wrong.value(range.substr(0, dash));
        first = last = *from;
        if (dash != std::string_view::npos) {
            const auto to = value_of(rule, range.substr(dash + 1));
            if (!to) return wrong.value(range.substr(dash + 1));
            if (*to < first) return wrong("the range runs backwards; split it in two, such as sat,sun or 22-23,0-5.");
            last = *to;
        } else if (slash != std::string_view::npos) {
            return wrong("a step needs '*' or a range before the slash.");
        }
    }
    if (slash != std::string_view::npos) {
        const auto given = number_of_field(part.substr(slash + 1));
        if (!given || *given == 0) return wrong("after the slash stands the step, a number from 1.");
        step = std::min(*given, 64u);
    }
    std::uint64_t bits = 0;
    for (unsigned value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
    return bits;
}

}  // namespace

struct CronParser {
    CronExpression out;

    /// L, LW, 15W; false when the part is none of these.
    Result<bool> day(std::string_view part) {
        if (part == "l") return out.last_day_ = true;
        if (part == "lw") return out.last_working_day_ = true;
        if (!part.ends_with('w')) return false;
        const auto text = part.substr(0, part.size() - 1);
        const auto value = value_of(field_rules[2], text);
        if (!value) return Complaint{field_rules[2], part}.value(text);
        out.near_days_ |= 1u << *value;
        return true;
    }

    /// 5L, friL, 1#2; false when the part is none of these.
    Result<bool> weekday(std::string_view part) {
        const Complaint wrong{field_rules[4], part};
        const auto add = [&](std::string_view text, unsigned index) -> Result<bool> {
            const auto value = value_of(field_rules[4], text);
            if (!value) return Complaint{field_rules[4], part}.value(text);
            out.nth_weekdays_.set(*value % 7 * 6 + index);
            return true;
        };
        if (part.ends_with('l')) {
            if (part.size() == 1) return wrong("L needs a weekday before it, such as 5L for the last Friday.");
            return add(part.substr(0, part.size() - 1), 5);
        }
        const auto hash = part.find('#');
        if (hash == std::string_view::npos) return false;
        const auto nth = number_of_field(part.substr(hash + 1));
        if (!nth || *nth < 1 || *nth > 5) return wrong("after # stands which one of the month, 1 to 5.");
        return add(part.substr(0, hash), *nth - 1);
    }

    Result<std::uint64_t> field(std::size_t index, std::string_view text) {
        const auto& rule = field_rules[index];
        if (text == "?") text = "*";
        std::uint64_t all = 0;
        for (const auto part : split(text, ',')) {
            if (part.empty()) return Complaint{rule, text}("the list has an empty part.");
            if (index == 2 || index == 4) {
                const auto special = index == 2 ? day(part) : weekday(part);
                if (!special) return special.error();
                if (*special) continue;
            }
            const auto bits = bits_of(rule, part);
            if (!bits) return bits.error();
            all |= *bits;
        }
        return all;
    }
};

namespace {

Result<std::vector<std::string_view>> cron_fields(std::string_view text, std::string_view original) {
    if (text.empty()) return invalid("The cron expression is empty; write five fields such as '30 2 * * *' or @daily.");
    if (text.front() == '@') {
        for (const auto& [macro, meaning] : cron_macros)
            if (text == macro) return split(meaning, ' ');
        return invalid(
            fmt::format("The cron expression {} is not known; there are @hourly, @daily, @midnight, "
                        "@weekly, @monthly, @yearly and @annually.",
                        quoted_start(original)));
    }
    std::vector<std::string_view> fields;
    for (const auto blank_separated : split(text, ' '))
        for (const auto field : split(blank_separated, '\t'))
            if (!field.empty()) fields.push_back(field);
    if (fields.size() != std::size(field_rules))
        return invalid(
            fmt::format("The cron expression {} has {} field{} but needs five: minute hour day month "
                        "weekday, such as '30 2 * * mon-fri'.",
                        quoted_start(original), fields.size(), fields.size() == 1 ? "" : "s"));
    return fields;
}

}  // namespace

Result<CronExpression> CronExpression::parse(std::string_view text) {
    if (text.size() > 1024) return invalid("The cron expression is longer than 1024 characters; shorten its lists.");
    const auto original = text;
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    const std::string small = lower(text);
    const auto fields = cron_fields(small, original);
    if (!fields) return fields.error();

    CronParser parser;
    std::array<std::uint64_t, 5> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const auto parsed = parser.field(i, (*fields)[i]);
        if (!parsed) return parsed.error();
        bits[i] = *parsed;
    }
    const auto is_any = [&](std::size_t i) { return (*fields)[i] == "*" || (*fields)[i] == "?"; };
    const auto starts_any = [&](std::size_t i) { return (*fields)[i].front() == '*' || (*fields)[i] == "?"; };
    auto& out = parser.out;
    out.minutes_ = bits[0];
    out.hours_ = static_cast<std::uint32_t>(bits[1]);
    out.days_ = static_cast<std::uint32_t>(bits[2]);
    out.months_ = static_cast<std::uint32_t>(bits[3]);
    out.weekdays_ = static_cast<std::uint8_t>((bits[4] & 0x7f) | (bits[4] >> 7 & 1));
    out.any_day_ = is_any(2);
    out.any_weekday_ = is_any(4);
    out.real_time_ = starts_any(0) || starts_any(1);
    out.never_ = out.has_no_day();
    out.text_ = small.front() == '@' ? small : fmt::format("{}", fmt::join(*fields, " "));
    return out;
}

}  // namespace mf
