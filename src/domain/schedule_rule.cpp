// SPDX-License-Identifier: MIT
#include "domain/schedule_rule.h"

#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::chrono::seconds longest_offset = std::chrono::days{366};

Error wrong_field(std::string field, std::string message) {
    return {ErrorCode::invalid, message, {{std::move(field), message}}};
}

Error of_field(std::string field, const Error& error) { return wrong_field(std::move(field), error.message); }

Result<void> check_offset(std::string_view name, std::chrono::seconds value) {
    if (value >= std::chrono::seconds{0} && value <= longest_offset) return {};
    return wrong_field(std::string(name), fmt::format("The {} cannot be {} seconds; it is a number from 0 to {}.", name,
                                                      value.count(), longest_offset.count()));
}

Result<std::optional<CronExpression>> expression_of(const ScheduleRule& rule) {
    if (rule.interval != Interval::custom && !trim(rule.cron).empty())
        return wrong_field("cron",
                           fmt::format("The interval {} has no use for the cron expression '{}'; set the interval to "
                                       "c (custom) or remove the expression.",
                                       word_of(rule.interval), to_utf8(rule.cron.substr(0, 40))));
    if (rule.anchor) {
        const auto text = cron_of(rule.interval, *rule.anchor);
        if (!text) return of_field("anchor", text.error());
        return CronExpression::parse(*text).transform(
            [](const CronExpression& cron) { return std::optional(cron.with_clamped_days()); });
    }
    if (rule.interval == Interval::disabled) return std::optional<CronExpression>{};
    if (rule.interval == Interval::custom && trim(rule.cron).empty())
        return wrong_field("cron",
                           "The interval is c (custom) but the cron expression is empty; write one such as "
                           "'30 2 * * *', or choose another interval.");
    const auto parsed = CronExpression::parse(rule.interval == Interval::custom ? rule.cron : cron_of(rule.interval));
    if (!parsed) return of_field("cron", parsed.error());
    return std::optional(*parsed);
}

}  // namespace

std::uint64_t scattered(std::uint64_t seed) {
    // Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
    std::uint64_t z = seed + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

Result<Schedule> Schedule::compile(const ScheduleRule& rule) {
    if (auto delay = check_offset("delay", rule.delay); !delay) return delay.error();
    if (auto jitter = check_offset("jitter", rule.jitter); !jitter) return jitter.error();
    auto cron = expression_of(rule);
    if (!cron) return cron.error();
    Schedule out;
    out.cron_ = *std::move(cron);
    out.zone_ = rule.zone;
    const auto range = static_cast<std::uint64_t>(rule.jitter.count()) + 1;
    const auto jitter = scattered(static_cast<std::uint64_t>(rule.jitter_seed)) % range;
    out.launch_offset_ = rule.delay + std::chrono::seconds{static_cast<std::int64_t>(jitter)};
    return out;
}

std::optional<Timestamp> Schedule::next_slot(Timestamp after) const {
    return cron_ ? cron_->next(after, zone_) : std::nullopt;
}

std::optional<Timestamp> Schedule::previous_slot(Timestamp before) const {
    return cron_ ? cron_->previous(before, zone_) : std::nullopt;
}

std::int64_t Schedule::count_slots(Timestamp after, Timestamp until) const {
    return cron_ ? cron_->count(after, until, zone_) : 0;
}

std::string Schedule::describe() const { return cron_ ? cron_->describe() : "Only when somebody asks."; }

Result<ScheduleRule> schedule_rule_of(const RunTemplate& run_template, const Zone& server_zone) {
    ScheduleRule out;
    const auto interval = parse_interval(run_template.interv);
    if (!interval) return of_field("interv", interval.error());
    out.interval = interval->interval;
    // A chosen interval other than custom leaves an old expression without meaning; it is kept for coming back.
    if (out.interval == Interval::custom) out.cron = interval->cron.empty() ? run_template.cron : interval->cron;
    // Switching a run template off and on again must not cost it its time of day.
    if (out.interval != Interval::disabled && !trim(run_template.anchor).empty()) {
        const auto anchor = parse_anchor(run_template.anchor);
        if (!anchor) return of_field("anchor", anchor.error());
        out.anchor = *anchor;
    }
    out.zone = server_zone;
    if (!run_template.zone.empty()) {
        const auto zone = Zone::named(run_template.zone);
        if (!zone) return of_field("zone", zone.error());
        out.zone = *zone;
    }
    out.delay = std::chrono::seconds{run_template.delay};
    out.jitter = std::chrono::seconds{run_template.jitter};
    out.jitter_seed = run_template.id.value;
    return out;
}

Result<Schedule> schedule_of(const RunTemplate& run_template, const Zone& server_zone) {
    return schedule_rule_of(run_template, server_zone).and_then(&Schedule::compile);
}

}  // namespace mf
