// SPDX-License-Identifier: MIT
#include "service/run_template_input.h"

#include "base/labels.h"
#include "base/text.h"
#include "base/time_text.h"
#include "domain/interval.h"
#include "domain/retry.h"
#include "domain/schedule_rule.h"
#include "domain/visible_text.h"
#include "service/complaints.h"

#include <fmt/format.h>

namespace mf {

template <>
const Entity& entity_of<RunTemplateInput>() {
    using I = RunTemplateInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the run template"}),
        field<&I::app_id>("app_id", {.help = "Number of the application"}),
        field<&I::company_id>("company_id", {.help = "Number of the company"}),
        field<&I::name>("name", {.help = "Name of the run template"}),
        field<&I::app_uuid>("app_uuid", {.help = "UUID of the application"}),
        field<&I::company>("company", {.help = "Number or code of the company"}),
        field<&I::interv>("interv", {.help = "n off, i minute, h hour, d day, w week, m month, y year, c cron"}),
        field<&I::cron>("cron", {.help = "Cron expression: minute hour day month weekday"}),
        field<&I::anchor>("anchor", {.help = "When in the interval: '02:00', 'mon 02:00', '31 02:00', '03-31 02:00'"}),
        field<&I::zone>("zone", {.help = "Time zone, such as Europe/Prague; empty for the zone of the server"}),
        field<&I::delay>("delay", {.help = "Start so much later: seconds, 5:00, '2 hours'"}),
        field<&I::jitter>("jitter", {.help = "Spread starts over so much time"}),
        field<&I::catch_up>("catch_up", {.help = "Which of the runs missed while nothing could run are made up for: "
                                                 "none, last (the latest one) or all"}),
        field<&I::catch_up_limit>("catch_up_limit", {.help = "For catch-up 'all': at most so many"}),
        field<&I::overlap>("overlap",
                           {.help = "What becomes of a run that is due before the last one has ended: coalesce (one "
                                    "waits, further ones are skipped), skip, queue (each waits) or parallel"}),
        field<&I::executor>("executor", {.help = "Where jobs run"}),
        field<&I::runs_on>(
            "runs_on",
            {.help = "Labels that a node must have for its jobs, with commas; empty: any node", .max_length = 4096}),
        field<&I::active>("active", {.help = "Whether it is scheduled and may be launched"}),
        field<&I::config>("config", {.help = "Value of a variable, KEY=VALUE", .max_length = 4194304}),
        field<&I::unset>("unset", {.help = "Variable whose value is removed", .max_length = 65535}),
        field<&I::time_limit>("time_limit", {.help = "Longest run; 0 for no limit"}),
        field<&I::grace>("grace", {.help = "Time a job has to end after SIGTERM"}),
        field<&I::output_limit>("output_limit", {.help = "Bytes of output that are kept; 0 for all"}),
        field<&I::artifact_limit>("artifact_limit", {.help = "Bytes of all artifacts of one job"}),
        field<&I::artifact_count_limit>("artifact_count_limit", {.help = "Number of artifacts of one job"}),
        field<&I::note>("note", {.help = "Free note", .max_length = 65535}),
        field<&I::deadline_offset>("deadline_offset",
                                   {.help = "Deadline after the planned time: +3h, or HH:MM", .max_length = 32}),
        field<&I::max_attempts>("max_attempts", {.help = "Attempts for one planned run"}),
        field<&I::retry_min_gap>("retry_min_gap", {.help = "Seconds between attempts"}),
        field<&I::retry_backoff>("retry_backoff", {.help = "How the gap grows"}),
        field<&I::allow_late>("allow_late", {.help = "A success after the deadline counts"}));
    static constexpr Entity entity{"runtemplate_input", "Run template", fields};
    return entity;
}

namespace {

void take_duration(Complaints& complaints, std::string_view field, const std::optional<std::string>& text,
                   std::int64_t& out) {
    if (!text) return;
    const auto length = parse_duration(*text);
    if (length)
        out = length->count();
    else
        complaints.add(std::string(field), fmt::format("{}: {}", field, length.error().message));
}

void take_number(Complaints& complaints, std::string_view field, const std::optional<std::int64_t>& number,
                 std::int64_t least, std::int64_t most, std::int64_t& out) {
    if (!number) return;
    if (*number < least || *number > most)
        complaints.add(std::string(field),
                       fmt::format("{} must be from {} to {}, not {}.", field, least, most, *number));
    else
        out = *number;
}

constexpr std::int64_t terabyte = std::int64_t{1} << 40;

/// Copies the parts; complaints about each of them, and about those that cannot be together.
Complaints take_parts(const RunTemplateInput& input, RunTemplate& out) {
    Complaints complaints;
    if (input.name) out.name = *input.name;
    if (const auto good = check_name("name", "The name", input.name.value_or("")); !good)
        complaints.add("name", good.error().message);
    if (trim(out.name).empty()) complaints.add("name", "The run template needs a name.");
    if (input.interv) {
        if (const auto choice = parse_interval(*input.interv)) {
            out.interv = name_of(choice->interval);
            // Choosing a fixed interval ends a custom one, as in the original.
            if (choice->interval != Interval::custom || !choice->cron.empty()) out.cron = choice->cron;
        } else {
            complaints.add("interv", choice.error().message);
        }
    }
    if (input.cron && !trim(*input.cron).empty() && input.interv && out.interv != name_of(Interval::custom))
        complaints.add("cron",
                       fmt::format("The interval '{}' has no use for a cron expression; use --interv c, or leave "
                                   "one of the two out.",
                                   out.interv));
    if (input.cron) {
        out.cron = trim(*input.cron);
        if (!out.cron.empty() && !input.interv) out.interv = name_of(Interval::custom);
        if (!input.anchor) out.anchor.clear();
        if (!out.cron.empty())
            if (const auto parsed = CronExpression::parse(out.cron); !parsed)
                complaints.add("cron", parsed.error().message);
    }
    if (out.interv == name_of(Interval::custom) && out.cron.empty())
        complaints.add("cron", "The interval 'c' needs a cron expression (--cron).");
    if (input.anchor) {
        if (trim(*input.anchor).empty()) {
            out.anchor.clear();
        } else if (const auto anchor = parse_anchor(*input.anchor)) {
            out.anchor = to_text(*anchor);
        } else {
            complaints.add("anchor", anchor.error().message);
        }
    }
    if (input.zone) {
        out.zone = trim(*input.zone);
        if (!out.zone.empty())
            if (const auto zone = Zone::named(out.zone); !zone) complaints.add("zone", zone.error().message);
    }
    take_duration(complaints, "delay", input.delay, out.delay);
    take_duration(complaints, "jitter", input.jitter, out.jitter);
    take_duration(complaints, "time_limit", input.time_limit, out.time_limit);
    take_duration(complaints, "grace", input.grace, out.grace);
    if (input.catch_up) out.catch_up = *input.catch_up;
    if (input.overlap) out.overlap = *input.overlap;
    if (input.executor) out.executor = *input.executor;
    if (input.runs_on) {
        if (const auto labels = parse_labels(*input.runs_on))
            out.runs_on = label_list(*labels);
        else
            complaints.add("runs_on", labels.error().message);
    }
    if (input.active) out.active = *input.active;
    take_number(complaints, "catch_up_limit", input.catch_up_limit, 1, 1000, out.catch_up_limit);
    take_number(complaints, "output_limit", input.output_limit, 0, terabyte, out.output_limit);
    take_number(complaints, "artifact_limit", input.artifact_limit, 0, terabyte, out.artifact_limit);
    take_number(complaints, "artifact_count_limit", input.artifact_count_limit, 0, 100'000, out.artifact_count_limit);
    take_number(complaints, "max_attempts", input.max_attempts, 1, 1000, out.max_attempts);
    take_number(complaints, "retry_min_gap", input.retry_min_gap, 0, 366 * 86400, out.retry_min_gap);
    if (input.retry_backoff) out.retry_backoff = *input.retry_backoff;
    if (input.note) out.note = *input.note;
    if (input.deadline_offset) {
        const auto text = trim(*input.deadline_offset);
        out.deadline_offset.reset();
        if (const auto deadline = parse_deadline(text); deadline)
            out.deadline_offset = text;
        else if (!text.empty())
            complaints.add("deadline_offset", deadline.error().message);
    }
    if (input.allow_late) out.allow_late = *input.allow_late;
    return complaints;
}

}  // namespace

Result<void> apply(const RunTemplateInput& input, RunTemplate& out) {
    if (auto taken = take_parts(input, out).result(); !taken) return taken;
    // What only shows when the parts meet: an anchor the interval has no use for, limits of delay and jitter.
    const auto schedule = schedule_of(out, Zone::utc());
    if (schedule) return {};
    Error error = schedule.error();
    if (!input.anchor && !error.fields.empty() && error.fields.front().field == "anchor") {
        // Who did not give it now has to learn where it comes from.
        error.message = fmt::format(
            "The run template has the --anchor {} from before: {} Give another --anchor with the new interval, or take "
            "it away with --anchor ''.",
            out.anchor, error.message);
        error.fields.front().message = error.message;
    }
    return error;
}

Result<void> check_input(const RunTemplateInput& input) {
    // Whoever makes one names it; of one that has no name it is not known whether it is to be made.
    if (!input.id && input.name) {
        RunTemplate made;
        return apply(input, made);
    }
    // One of which nothing is known does not contradict: no part of it is missing, and it has no interval of its own.
    RunTemplate any{.name = "any", .interv = std::string(name_of(Interval::disabled)), .cron = "* * * * *"};
    return take_parts(input, any).result();
}

}  // namespace mf
