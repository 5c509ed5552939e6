// SPDX-License-Identifier: MIT
#include "domain/cron.h"

#include <fmt/format.h>
#include <bit>
#include <vector>

namespace mf {
namespace {

constexpr const char* month_names[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                       "July", "August",  "September", "October", "November", "December"};
constexpr const char* weekday_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* nth_names[] = {"first", "second", "third", "fourth", "fifth", "last"};

std::string number_text(unsigned value) { return std::to_string(value); }

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& parts, std::string_view last = " and ") {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out += (i == 0 ? "" : i + 1 == parts.size() ? std::string(last) : ", ") + parts[i];
    return out;
}

/// The values of a set; three or more neighbours become "a to b".
template <class Name>
std::string values_text(std::uint64_t bits, Name name) {
    std::vector<std::string> parts;
    for (unsigned value = 0; value < 64; ++value) {
        if (!(bits >> value & 1)) continue;
        unsigned end = value;
        while (end < 63 && (bits >> (end + 1) & 1)) ++end;
        if (end >= value + 2) {
            parts.push_back(fmt::format("{} to {}", name(value), name(end)));
            value = end;
        } else {
            parts.emplace_back(name(value));
        }
    }
    return listed(parts);
}

/// n when the set is 0, n, 2n, … over the whole of a range that n divides; else 0.
unsigned even_step(std::uint64_t bits, unsigned range) {
    const auto count = static_cast<unsigned>(std::popcount(bits));
    if (count < 2 || range % count != 0) return 0;
    for (unsigned value = 0; value < range; value += range / count)
        if (!(bits >> value & 1)) return 0;
    return range / count;
}

std::string plural(const char* word, std::uint64_t bits) {
    return std::popcount(bits) == 1 ? word : fmt::format("{}s", word);
}

}  // namespace

struct CronWords {
    const CronExpression& cron;

    std::string times() const {
        const auto minutes = cron.minutes_;
        const std::uint64_t hours = cron.hours_;
        const auto minute_count = std::popcount(minutes), hour_count = std::popcount(hours);
        const unsigned minute_step = even_step(minutes, 60), hour_step = even_step(hours, 24);
        const auto minute_list = fmt::format("{} {}", plural("minute", minutes), values_text(minutes, number_text));

        if (minute_count * hour_count <= 6) {
            std::vector<std::string> out;
            for (unsigned hour = 0; hour < 24; ++hour)
                for (unsigned minute = 0; minute < 60; ++minute)
                    if ((hours >> hour & 1) && (minutes >> minute & 1))
                        out.push_back(fmt::format("{:02}:{:02}", hour, minute));
            return "At " + listed(out);
        }
        if (hour_step == 1) {
            if (minutes == 1) return "Every hour";
            if (minute_step == 1) return "Every minute";
            return minute_step ? fmt::format("Every {} minutes", minute_step)
                               : fmt::format("At {} of every hour", minute_list);
        }
        if (hour_step && minutes == 1) return fmt::format("Every {} hours", hour_step);
        const auto hour_list = fmt::format("{} {}", plural("hour", hours), values_text(hours, number_text));
        if (minutes == 1) return fmt::format("On the hour in {}", hour_list);
        const auto each = minute_step == 1 ? std::string("Every minute")
                          : minute_step    ? fmt::format("Every {} minutes", minute_step)
                                           : "At " + minute_list;
        return fmt::format("{} of {}", each, hour_step ? fmt::format("every {} hours", hour_step) : hour_list);
    }

    std::string days() const {
        std::vector<std::string> out;
        if (!cron.any_day_) {
            if (cron.days_)
                out.push_back(fmt::format("{} {} of the month{}", plural("day", cron.days_),
                                          values_text(cron.days_, number_text),
                                          cron.clamps_days_ && cron.days_ >> 29 ? " or its last day" : ""));
            for (unsigned day = 1; day <= 31; ++day)
                if (cron.near_days_ >> day & 1)
                    out.push_back(fmt::format("the working day nearest to day {} of the month", day));
            if (cron.last_day_) out.emplace_back("the last day of the month");
            if (cron.last_working_day_) out.emplace_back("the last working day of the month");
        }
        if (!cron.any_weekday_) {
            // A week starts on Monday: Sunday moves from bit 0 to bit 7.
            const unsigned from_monday = (cron.weekdays_ & 0x7eu) | (cron.weekdays_ & 1u) << 7;
            if (from_monday)
                out.push_back(values_text(from_monday, [](unsigned day) { return weekday_names[day % 7]; }));
            for (unsigned index = 0; index < 42; ++index)
                if (cron.nth_weekdays_[index])
                    out.push_back(
                        fmt::format("the {} {} of the month", nth_names[index % 6], weekday_names[index / 6]));
        }
        return out.empty() ? "" : " on " + listed(out, " or ");
    }

    std::string whole() const {
        const auto time = times(), day = days();
        std::string out = time + day;
        if (day.empty() && time.starts_with("At ") && time.find(':') != std::string::npos) out += " every day";
        if (std::popcount(cron.months_) < 12)
            out += " in " + values_text(cron.months_, [](unsigned month) { return month_names[month]; });
        return out + (cron.never_fires() ? "; there is no such day, so it never runs." : ".");
    }
};

std::string CronExpression::describe() const { return CronWords{*this}.whole(); }

}  // namespace mf
