// SPDX-License-Identifier: MIT
#include "domain/schedule_preview.h"

#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>
#include <cmath>

namespace mf {
namespace {

using namespace std::chrono;

constexpr auto widest_shown = days{8};
constexpr Timestamp first_shown = sys_days{1800y / 1 / 1};

std::string time_of(LocalTime local) { return format_local(local).substr(11, 5); }

std::string gap_note(const std::vector<LocalTime>& missing, LocalTime run) {
    const auto what = missing.size() == 1   ? fmt::format("{} does", time_of(missing[0]))
                      : missing.size() == 2 ? fmt::format("{} and {} do", time_of(missing[0]), time_of(missing[1]))
                                            : fmt::format("{} times from {} to {} do", missing.size(),
                                                          time_of(missing.front()), time_of(missing.back()));
    return fmt::format("{} not exist that day; runs at {}.", what, time_of(run));
}

PreviewRun run_at(const Schedule& schedule, Timestamp slot) {
    const auto& zone = schedule.zone();
    const auto local = zone.to_local(slot);
    PreviewRun out{slot, schedule.launch_of(slot), format_iso(slot, zone, UtcMark::offset), ClockMark::none, ""};
    if (const auto missing = schedule.cron()->moved_to(slot, zone); !missing.empty()) {
        out.mark = ClockMark::gap;
        out.note = gap_note(missing, local);
        return out;
    }
    const auto meaning = zone.meaning_of(local);
    if (meaning.kind != LocalMeaning::Kind::overlap) return out;
    out.mark = meaning.first == slot ? ClockMark::overlap_first : ClockMark::overlap_second;
    const auto which = !schedule.cron()->follows_real_time()  ? "runs at the first"
                       : out.mark == ClockMark::overlap_first ? "this is the first"
                                                              : "this is the second";
    out.note = fmt::format("{} occurs twice that day; {}.", time_of(local), which);
    return out;
}

PreviewClockChange shown_change(const ClockChange& change) {
    const auto moment = floor<seconds>(change.at).time_since_epoch();
    const LocalTime before{moment + change.before}, after{moment + change.after};
    return {change, fmt::format("On {} the clocks go {} from {} to {}.", format_local(before).substr(0, 10),
                                change.is_forward() ? "forward" : "back", time_of(before), time_of(after))};
}

}  // namespace

SchedulePreview preview(const Schedule& schedule, Timestamp from, std::size_t count) {
    SchedulePreview out;
    out.never = !schedule.ever_runs();
    if (!schedule.cron())
        out.warnings.emplace_back("The interval is disabled: it runs only when somebody asks.");
    else if (out.never)
        out.warnings.emplace_back("There is no such day, so it never runs.");
    else if (schedule.cron()->joins_days_and_weekdays())
        out.warnings.emplace_back("Day and weekday are both given: it runs on days that fit either of them.");
    if (from < first_shown) out.warnings.emplace_back("Runs before the year 1800 are not shown.");
    while (!out.never && out.runs.size() < count) {
        const auto slot = schedule.next_slot(from);
        if (!slot) {
            out.warnings.emplace_back("Runs after the year 2399 are not shown.");
            break;
        }
        for (auto change = schedule.zone().next_clock_change(from);
             change && change->at <= *slot && *slot - from <= widest_shown;
             change = schedule.zone().next_clock_change(change->at))
            out.clock_changes.push_back(shown_change(*change));
        out.runs.push_back(run_at(schedule, *slot));
        from = *slot;
    }
    return out;
}

std::string_view name_of(ClockMark mark) {
    constexpr std::string_view names[] = {"", "gap", "overlap-first", "overlap-second"};
    return names[static_cast<std::size_t>(mark)];
}

json::object to_json(const SchedulePreview& preview, const Zone& zone) {
    json::array next, runs, changes;
    const auto text_or_null = [](std::string_view text) { return text.empty() ? json::value() : json::value(text); };
    for (const auto& run : preview.runs) {
        const auto at = format_iso(run.slot, zone, UtcMark::offset);
        next.emplace_back(at);
        runs.push_back(json::object{{"at", at},
                                    {"utc", format_iso(run.slot, Zone::utc())},
                                    {"launch", format_iso(run.launch, zone, UtcMark::offset)},
                                    {"clock_change", text_or_null(name_of(run.mark))},
                                    {"note", text_or_null(run.note)}});
    }
    for (const auto& shown_change : preview.clock_changes)
        changes.push_back(json::object{{"at", format_iso(shown_change.change.at, zone, UtcMark::offset)},
                                       {"utc", format_iso(shown_change.change.at, Zone::utc())},
                                       {"note", shown_change.note}});
    return {{"never", preview.never},
            {"next", std::move(next)},
            {"runs", std::move(runs)},
            {"clock_changes", std::move(changes)},
            {"warnings", json::array(preview.warnings.begin(), preview.warnings.end())}};
}

namespace {

struct Question {
    ScheduleRule rule;
    Timestamp from;
    std::int64_t count = 5;
};

/// A text member; none when it is missing or null.
Result<std::optional<std::string>> text_of(const json::object& request, std::string_view name) {
    const auto* value = request.if_contains(name);
    if (!value || value->is_null()) return std::optional<std::string>{};
    if (value->is_string()) return std::optional(std::string(value->as_string()));
    return invalid(
        fmt::format("The member \"{}\" of the request must be a text, not {}.", name, to_text(*value).substr(0, 40)));
}

Result<std::int64_t> count_of(const json::object& request) {
    const auto* value = request.if_contains("count");
    if (!value || value->is_null()) return std::int64_t{5};
    std::optional<std::int64_t> count;
    if (value->is_int64()) count = value->as_int64();
    // 1.0 is the same number (RFC 8259 knows one kind only).
    if (const double* real = value->if_double(); real && *real >= 1 && *real <= 1000 && *real == std::floor(*real))
        count = static_cast<std::int64_t>(*real);
    if (value->is_string()) count = to_integer(std::string_view(value->as_string()));
    if (count && *count >= 1 && *count <= 1000) return *count;
    return invalid(
        fmt::format("The count of runs must be a whole number from 1 to 1000, not {}.", to_text(*value).substr(0, 40)));
}

std::vector<std::string> unknown_members(const json::object& request) {
    constexpr std::string_view known[] = {"id", "cron", "zone", "from", "count", "interval", "anchor"};
    std::vector<std::string> out;
    for (const auto& member : request)
        if (std::ranges::find(known, std::string_view(member.key())) == std::end(known))
            out.push_back(fmt::format("The member \"{}\" of the request is not known; known are {}.",
                                      to_utf8(std::string_view(member.key()).substr(0, 40)), fmt::join(known, ", ")));
    return out;
}

Result<Question> question_of(const json::object& request, Timestamp now, const Zone& default_zone) {
    Question out{.from = now};
    std::array<std::optional<std::string>, 5> texts;
    constexpr std::string_view names[] = {"cron", "zone", "from", "interval", "anchor"};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto text = text_of(request, names[i]);
        if (!text) return text.error();
        texts[i] = *std::move(text);
    }
    const auto& [cron, zone, from, interval, anchor] = texts;

    if (!cron && !interval)
        return invalid("The request needs the member \"cron\", such as {\"cron\":\"30 2 * * *\"}, or \"interval\".");
    out.rule.interval = Interval::custom;
    if (interval) {
        const auto choice = parse_interval(*interval);
        if (!choice) return choice.error();
        out.rule.interval = choice->interval;
        out.rule.cron = choice->cron;
    }
    if (cron) out.rule.cron = *cron;
    if (anchor && !trim(*anchor).empty()) {
        const auto parsed = parse_anchor(*anchor);
        if (!parsed) return parsed.error();
        out.rule.anchor = *parsed;
    }
    out.rule.zone = default_zone;
    if (zone) {
        const auto found = Zone::named(*zone);
        if (!found) return found.error();
        out.rule.zone = *found;
    }
    if (from) {
        const auto moment = parse_time(*from, now, out.rule.zone);
        if (!moment) return moment.error();
        out.from = *moment;
    }
    const auto count = count_of(request);
    if (!count) return count.error();
    out.count = *count;
    return out;
}

json::object answer_to(const json::object& request, Timestamp now, const Zone& default_zone) {
    const auto warnings = unknown_members(request);
    const auto refuse = [&](const Error& error) {
        const auto* cron = request.if_contains("cron");
        json::object out{{"error", error.message}, {"cron", cron ? *cron : json::value()}};
        // A misspelt member is often the reason.
        if (!warnings.empty()) out["warnings"] = json::array(warnings.begin(), warnings.end());
        return out;
    };
    const auto question = question_of(request, now, default_zone);
    if (!question) return refuse(question.error());
    const auto schedule = Schedule::compile(question->rule);
    if (!schedule) return refuse(schedule.error());

    auto found = preview(*schedule, question->from, static_cast<std::size_t>(question->count));
    found.warnings.insert(found.warnings.end(), warnings.begin(), warnings.end());
    const auto& given = question->rule.cron;
    const auto& used = schedule->cron();
    json::object out{{"cron", !given.empty() ? json::value(given)
                              : used         ? json::value(used->text())
                                             : json::value()},
                     {"description", schedule->describe()},
                     {"zone", schedule->zone().name()},
                     {"from", format_iso(question->from, schedule->zone(), UtcMark::offset)},
                     {"count", question->count}};
    for (auto& member : to_json(found, schedule->zone())) out.emplace(member.key(), std::move(member.value()));
    return out;
}

}  // namespace

json::value preview_answer(const json::value& request, Timestamp now, const Zone& default_zone) {
    const auto* object = request.if_object();
    if (!object)
        return json::object{{"error", "A request is a JSON object, such as {\"cron\":\"30 2 * * *\",\"count\":3}."},
                            {"cron", nullptr}};
    auto out = answer_to(*object, now, default_zone);
    if (const auto* id = object->if_contains("id")) out["id"] = *id;
    return out;
}

}  // namespace mf
