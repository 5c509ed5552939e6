// SPDX-License-Identifier: MIT
#include "base/zone.h"

#include "base/text.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace mf {
namespace {

using std::chrono::seconds;
using Seconds = std::chrono::sys_seconds;

// No zone has ever been further than this from UTC.
constexpr seconds furthest = std::chrono::hours{26};

std::filesystem::path zone_directory() {
    const char* given = std::getenv("TZDIR");
    return given && *given ? given : "/usr/share/zoneinfo";
}

// The library would also take paths, "file:", "libc:localtime" and "Fixed/UTC+1"; none of these names a zone that
// means the same on another machine. right/ counts leap seconds, which our timestamps do not.
bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
               c == '-' || c == '/';
    };
    if (!std::ranges::all_of(name, fits)) return false;
    return name != "localtime" && name != "posixrules" && !name.starts_with("posix/") && !name.starts_with("right/");
}

bool has_rules(const std::string& name) {
    std::ifstream file(zone_directory() / name, std::ios::binary);
    char magic[4] = {};
    return file.read(magic, 4) && std::string_view(magic, 4) == "TZif";
}

// Empty when nothing comes near or when the list of zones is not installed.
std::string similar_zone(std::string_view name) {
    std::ifstream file(zone_directory() / "tzdata.zi");
    std::vector<std::string> names;
    for (std::string line; std::getline(file, line);) {
        const auto words = split(line, ' ');  // "Z Europe/Prague …" or "L target link"
        if (words[0] == "Z" && words.size() > 1) names.emplace_back(words[1]);
        if (words[0] == "L" && words.size() > 2) names.emplace_back(words[2]);
    }
    const auto same = [&](const std::string& known) { return equal_ignoring_case(known, trim(name)); };
    if (const auto found = std::ranges::find_if(names, same); found != names.end()) return *found;
    return std::string(closest(name, {names.begin(), names.end()}));
}

Error unknown_zone(std::string_view name) {
    if (name.empty()) return {ErrorCode::invalid, "The time zone is empty; give a name such as Europe/Prague or UTC."};
    if (name.size() > 64)
        return {ErrorCode::invalid,
                fmt::format("There is no time zone '{}…'; give a name such as Europe/Prague or UTC.",
                            to_utf8(name.substr(0, 64)))};
    const auto near = similar_zone(name);
    return {ErrorCode::invalid,
            near.empty()
                ? fmt::format("There is no time zone '{}'; give a name such as Europe/Prague or UTC.", to_utf8(name))
                : fmt::format("There is no time zone '{}'; did you mean {}?", to_utf8(name), near)};
}

}  // namespace

struct Zone::State {
    struct Start {
        Seconds at;
        seconds offset;
    };
    std::string name;
    std::vector<Start> starts;  // ascending; the first is "since ever"; neighbours differ in their offset

    std::size_t index_at(Seconds moment) const {
        const auto later = std::upper_bound(starts.begin() + 1, starts.end(), moment,
                                            [](Seconds t, const Start& start) { return t < start.at; });
        return static_cast<std::size_t>(later - starts.begin()) - 1;
    }
    Seconds end_of(std::size_t index) const {
        return index + 1 < starts.size() ? starts[index + 1].at : Seconds::max();
    }
};

const Zone::State* Zone::utc_state() {
    static const State* const utc = new State{"UTC", {{Seconds::min(), seconds{0}}}};
    return utc;
}

Zone::Zone() : state_(utc_state()) {}

Result<Zone> Zone::named(std::string_view name) {
    if (name == "UTC") return utc();
    static std::mutex mutex;
    static auto& known = *new std::map<std::string, std::unique_ptr<const State>, std::less<>>;
    const std::scoped_lock lock(mutex);
    if (const auto found = known.find(name); found != known.end()) return Zone(found->second.get());

    // The library remembers names that do not exist for ever; so it is only asked for those that do.
    std::string text(name);
    cctz::time_zone rules;
    if (!is_zone_name(name) || !has_rules(text) || !cctz::load_time_zone(text, &rules)) return unknown_zone(name);

    auto state = std::make_unique<State>();
    state->name = text;
    auto at = cctz::time_point<cctz::seconds>::min();
    cctz::time_zone::civil_transition change;
    while (rules.next_transition(at, &change)) {
        at = rules.lookup(change.to).trans;
        const seconds before{change.from - change.to + rules.lookup(at).offset};
        if (state->starts.empty()) state->starts.push_back({Seconds::min(), before});
        const seconds offset{rules.lookup(at).offset};
        if (offset != state->starts.back().offset)
            state->starts.push_back({std::chrono::time_point_cast<seconds>(at), offset});
    }
    if (state->starts.empty()) state->starts.push_back({Seconds::min(), seconds{rules.lookup(at).offset}});
    return Zone(known.emplace(std::move(text), std::move(state)).first->second.get());
}

Zone::Found Zone::of_machine(const Sources& sources) {
    if (const auto setting = trim(sources.setting); !setting.empty()) {
        if (auto zone = named(setting))
            return {*zone, "MULTIFLEXI_TIMEZONE", ""};
        else
            return {utc(), "default",
                    "The setting MULTIFLEXI_TIMEZONE is not used, times are in UTC. " + zone.error().message};
    }
    std::ifstream file(sources.timezone_file);
    if (std::string line; std::getline(file, line))
        if (auto zone = named(trim(line))) return {*zone, sources.timezone_file.string(), ""};
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(sources.localtime_link, error).string();
    constexpr std::string_view marker = "zoneinfo/";
    if (const auto found = target.find(marker); !error && found != std::string::npos)
        if (auto zone = named(std::string_view(target).substr(found + marker.size())))
            return {*zone, sources.localtime_link.string(), ""};
    return {utc(), "default", ""};
}

const std::string& Zone::name() const { return state_->name; }

bool Zone::is_utc() const { return state_->starts.size() == 1 && state_->starts[0].offset == seconds{0}; }

ZonePeriod Zone::period_at(Timestamp moment) const {
    const auto& starts = state_->starts;
    const auto index = state_->index_at(std::chrono::floor<seconds>(moment));
    ZonePeriod out;
    out.offset = out.before = out.afterwards = starts[index].offset;
    if (index > 0) {
        out.begin = starts[index].at;
        out.before = starts[index - 1].offset;
    }
    if (index + 1 < starts.size()) {
        out.end = starts[index + 1].at;
        out.afterwards = starts[index + 1].offset;
    }
    return out;
}

seconds Zone::offset_at(Timestamp moment) const {
    return state_->starts[state_->index_at(std::chrono::floor<seconds>(moment))].offset;
}

LocalTime Zone::to_local(Timestamp moment) const {
    return LocalTime{std::chrono::floor<seconds>(moment).time_since_epoch() + offset_at(moment)};
}

LocalMeaning Zone::meaning_of(LocalTime local) const {
    const auto& starts = state_->starts;
    const Seconds as_utc{local.time_since_epoch()};
    const auto low = state_->index_at(as_utc - furthest), high = state_->index_at(as_utc + furthest);
    std::optional<Seconds> first;
    for (auto i = low; i <= high; ++i) {
        const auto moment = as_utc - starts[i].offset;
        if ((i > 0 && moment < starts[i].at) || moment >= state_->end_of(i)) continue;
        if (first) return {LocalMeaning::Kind::overlap, *first, moment};
        first = moment;
    }
    if (first) return {LocalMeaning::Kind::unique, *first, *first};
    for (auto i = low + 1; i <= high; ++i)
        if (as_utc - starts[i - 1].offset >= starts[i].at && as_utc - starts[i].offset < starts[i].at)
            return {LocalMeaning::Kind::gap, starts[i].at, starts[i].at};
    return {LocalMeaning::Kind::unique, as_utc - starts[low].offset, as_utc - starts[low].offset};
}

std::optional<ClockChange> Zone::next_clock_change(Timestamp after) const {
    const auto period = period_at(after);
    if (!period.end) return std::nullopt;
    return ClockChange{*period.end, period.offset, period.afterwards};
}

std::string format_offset(seconds offset) {
    const auto total = std::abs(offset.count());
    auto out = fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', total / 3600, total / 60 % 60);
    if (total % 60) out += fmt::format(":{:02}", total % 60);
    return out;
}

namespace {

std::string format_civil(LocalTime local, char separator) {
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(local - day);
    return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), separator,
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

std::string format_iso(Timestamp moment, const Zone& zone, UtcMark mark) {
    auto out = format_civil(zone.to_local(moment), 'T');
    return out += zone.is_utc() && mark == UtcMark::letter ? "Z" : format_offset(zone.offset_at(moment));
}

std::string format_local(LocalTime local) { return format_civil(local, ' '); }
std::string format_local(Timestamp moment, const Zone& zone) { return format_local(zone.to_local(moment)); }

}  // namespace mf
