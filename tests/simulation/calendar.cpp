// SPDX-License-Identifier: MIT
#include "simulation/calendar.h"

#include "simulation/random.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <stdexcept>

namespace mf::simulation {
namespace {

using namespace std::chrono;

struct Change {
    std::int64_t at;      // seconds since 1970, UTC
    std::int64_t offset;  // of local time, from then on
};
std::map<std::string, std::vector<Change>> zones;

std::int64_t offset_of_library(std::int64_t second) {
    const std::time_t moment = second;
    std::tm local{};
    ::localtime_r(&moment, &local);
    return local.tm_gmtoff;
}

const std::vector<Change>& changes_of(const std::string& zone) {
    const auto found = zones.find(zone);
    if (found == zones.end()) throw std::logic_error("the simulation uses a zone that it has not read");
    return found->second;
}

std::int64_t offset_at(const std::vector<Change>& changes, std::int64_t second) {
    const auto after = std::ranges::upper_bound(changes, second, {}, &Change::at);
    return after == changes.begin() ? changes.front().offset : std::prev(after)->offset;
}

/// The moment of a local time: the first pass of one that is repeated, the end of the gap for one that does not exist.
std::int64_t moment_of(const std::vector<Change>& changes, std::int64_t local) {
    for (auto change = changes.begin(); change != changes.end(); ++change) {
        const bool is_last = std::next(change) == changes.end();
        const auto moment = local - change->offset;
        if (!is_last && moment >= std::next(change)->at) continue;
        return std::max(moment, change->at);
    }
    return local;
}

bool holds(const std::vector<int>& values, int value) { return std::ranges::find(values, value) != values.end(); }

bool is_day(const Timetable& table, sys_days day) {
    if (!table.weekdays.empty() && !holds(table.weekdays, static_cast<int>(weekday(day).c_encoding()))) return false;
    if (table.day_of_month == 0) return true;
    const year_month_day date(day);
    const auto last = year_month_day(date.year() / date.month() / std::chrono::last).day();
    return date.day() == std::min(std::chrono::day(static_cast<unsigned>(table.day_of_month)), last);
}

}  // namespace

void read_zones(const std::vector<std::string>& names, Timestamp from, Timestamp until) {
    const char* before = std::getenv("TZ");
    const std::string kept = before ? before : "";
    for (const auto& name : names) {
        ::setenv("TZ", (":" + name).c_str(), 1);
        ::tzset();
        const auto first = floor<seconds>(from.time_since_epoch()).count();
        const auto last = floor<seconds>(until.time_since_epoch()).count();
        auto& changes = zones[name];
        changes = {{first, offset_of_library(first)}};
        for (auto hour = first; hour < last; hour += 3600) {
            if (offset_of_library(hour + 3600) == changes.back().offset) continue;
            auto low = hour, high = hour + 3600;
            while (high - low > 1) {
                const auto middle = (low + high) / 2;
                (offset_of_library(middle) == changes.back().offset ? low : high) = middle;
            }
            changes.push_back({high, offset_of_library(high)});
        }
    }
    if (before)
        ::setenv("TZ", kept.c_str(), 1);
    else
        ::unsetenv("TZ");
    ::tzset();
}

std::chrono::milliseconds Timetable::offset(std::int64_t run_template) const {
    const auto scattered = Random(static_cast<std::uint64_t>(run_template)).next();
    return delay + seconds(scattered % static_cast<std::uint64_t>(jitter.count() + 1));
}

std::vector<Timestamp> Timetable::slots(Timestamp after, Timestamp until, const std::string& server_zone) const {
    const auto& changes = changes_of(zone.empty() ? server_zone : zone);
    std::set<std::int64_t> found;
    if (kind == Kind::passing) {
        constexpr std::int64_t step = 300;
        for (auto second = floor<seconds>(after.time_since_epoch()).count() / step * step;
             Timestamp(seconds(second)) <= until; second += step) {
            const sys_seconds local{seconds(second + offset_at(changes, second))};
            const auto day = floor<days>(local);
            const auto minute = static_cast<int>(duration_cast<std::chrono::minutes>(local - day).count());
            if (holds(hours, minute / 60) && holds(minutes, minute % 60) && is_day(*this, day)) found.insert(second);
        }
    } else {
        const auto last = floor<days>(sys_time<milliseconds>(until.time_since_epoch())) + days(2);
        for (auto day = floor<days>(sys_time<milliseconds>(after.time_since_epoch())) - days(2); day <= last;
             day += days(1)) {
            if (!is_day(*this, day)) continue;
            for (const int hour : hours)
                for (const int minute : minutes)
                    found.insert(moment_of(changes, day.time_since_epoch() / seconds(1) + hour * 3600 + minute * 60));
        }
    }
    std::vector<Timestamp> out;
    for (const auto second : found)
        if (const Timestamp slot{seconds(second)}; slot > after && slot <= until) out.push_back(slot);
    return out;
}

}  // namespace mf::simulation
