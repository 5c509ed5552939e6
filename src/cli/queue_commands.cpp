// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column queue_columns[] = {
    {.name = "id", .as = As::number, .on_terminal = true},
    {.name = "job", .source = "job|job_id", .as = As::number, .on_terminal = true},
    {.name = "schedule_type", .on_terminal = true},
    {.name = "runtemplate_id", .as = As::number},
    {.name = "runtemplate_name", .on_terminal = true},
    {.name = "app_id", .as = As::number},
    {.name = "app_name", .on_terminal = true},
    {.name = "company_id", .as = As::number},
    {.name = "company_name", .on_terminal = true},
    {.name = "after", .on_terminal = true},
    {.name = "runs_on"},
    {.name = "reason", .on_terminal = true},
};
constexpr Subject queue_subject{"Queue entry", "queue_id", queue_columns};

/// "1135d 5h 47m"
std::string length_text(std::chrono::seconds length) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(length).count();
    std::string out;
    if (minutes >= 1440) out += fmt::format("{}d ", minutes / 1440);
    if (minutes >= 60) out += fmt::format("{}h ", minutes / 60 % 24);
    return out + fmt::format("{}m", minutes % 60);
}

/// The due time and, in brackets, how far it is; what comes within a minute is a minute away.
json::value due(Invocation& in, const json::value& after) {
    if (!after.is_string()) return after;
    const auto moment = read_iso(after.get_string());
    if (!moment) return after;
    const auto left = std::chrono::floor<std::chrono::seconds>(*moment - in.backend().now());
    const auto text = format_local(*moment, in.zone());
    constexpr std::chrono::minutes one{1};
    if (left.count() <= 0 && left > -one) return json::value(text + " (now)");
    if (left.count() < 0) return json::value(fmt::format("{} (overdue {})", text, length_text(-left)));
    return json::value(fmt::format("{} ({})", text, length_text(std::max<std::chrono::seconds>(left, one))));
}

int queue_list(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    const auto asked = in.range();
    if (!asked) return in.refuse(asked.error());
    if (asked->limit) (*input)["limit"] = *asked->limit;
    if (asked->offset) (*input)["offset"] = *asked->offset;
    // Here order is a field; screens that sort every list by --order D mean the direction.
    const auto order = lower(in.arguments().value("order").value_or("after"));
    std::string direction = lower(in.arguments().value("direction").value_or("asc"));
    const bool is_direction = order == "a" || order == "d" || order == "asc" || order == "desc";
    if (is_direction) direction = order;
    constexpr std::string_view fields[] = {"after", "id", "job", "schedule_type", "runtemplate_id"};
    const bool known = std::ranges::find(fields, order) != std::end(fields);
    (*input)["order"] = known ? order : "id";
    (*input)["direction"] = direction.starts_with('d') ? "DESC" : "ASC";
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    json::array rows;
    if (answer->is_array())
        for (const json::value& value : answer->get_array()) {
            if (!value.is_object()) continue;
            auto row = shaped(queue_columns, value.get_object(), in.zone());
            row["after"] = due(in, row["after"]);
            rows.push_back(std::move(row));
        }
    return in.answer_rows(rows, {.columns = queue_columns, .nothing = "No jobs in queue."});
}

int queue_overview(Invocation& in) {
    auto answer = in.call(json::object{});
    if (!answer) return in.refuse(answer.error());
    const auto said = record_of(*answer);
    if (said.contains("comprehensive_queue_metrics")) return in.answer(said);
    constexpr Column counters[] = {
        {.name = "total_jobs_in_queue", .source = "total_jobs_in_queue|total", .as = As::number},
        {.name = "orphaned_jobs", .as = As::number},
        {.name = "unique_applications", .source = "unique_applications|applications", .as = As::number},
        {.name = "unique_companies", .source = "unique_companies|companies", .as = As::number},
        {.name = "unique_runtemplates", .source = "unique_runtemplates|runtemplates", .as = As::number},
    };
    constexpr Column breakdown[] = {
        {.name = "overdue_jobs", .source = "overdue_jobs|overdue", .as = As::number},
        {.name = "jobs_today", .source = "jobs_today|today", .as = As::number},
        {.name = "jobs_tomorrow", .source = "jobs_tomorrow|tomorrow", .as = As::number},
        {.name = "jobs_this_week", .source = "jobs_this_week|this_week", .as = As::number},
        {.name = "jobs_this_month", .source = "jobs_this_month|this_month", .as = As::number},
    };
    auto metrics = shaped(counters, said, in.zone());
    const json::value& nested = member(said, "schedule_breakdown");
    const auto schedule = shaped(breakdown, nested.is_object() ? nested.get_object() : said, in.zone());
    if (!in.json()) {
        for (const auto& part : {metrics, schedule})
            for (const auto& [key, value] : part)
                in.out().line(fmt::format("{}: {}", std::string_view(key), plain_text(value)));
        return 0;
    }
    metrics["schedule_breakdown"] = schedule;
    return in.answer(json::object{{"comprehensive_queue_metrics", std::move(metrics)}});
}

int queue_fix(Invocation& in) {
    auto answer = in.call(json::object{});
    if (!answer) return in.refuse(answer.error());
    const auto said = record_of(*answer);
    json::value messages = answer->is_array() ? *answer : member(said, "messages");
    if (!messages.is_array()) messages = json::array();
    for (json::value& message : messages.get_array())
        if (!message.is_object()) message = json::object{{"type", "info"}, {"message", plain_text(message)}};
    constexpr std::string_view done = "Queue diagnostics and fix completed";
    if (in.json())
        return in.answer(json::object{{"status", "success"}, {"message", done}, {"messages", std::move(messages)}});
    for (const json::value& message : messages.get_array())
        in.out().line(fmt::format("{}: {}", one_line(text_member(message.get_object(), "type")),
                                  one_line(text_member(message.get_object(), "message"))));
    in.out().line(done);
    return 0;
}

int queue_truncate(Invocation& in) {
    auto answer = in.call(json::object{});
    if (!answer) return in.refuse(answer.error());
    const auto waiting = integer_member(record_of(*answer), "waiting|removed|count").value_or(0);
    const auto result = fmt::format("Queue truncated. Previously waiting jobs: {}.", waiting);
    return in.answer(json::object{{"result", result}, {"waiting", waiting}}, result);
}

constexpr Option queue_list_options[] = {
    {.name = "limit", .help = "At most so many entries", .becomes = Becomes::local},
    {.name = "offset", .help = "Leave so many entries out first", .becomes = Becomes::local},
    {.name = "order",
     .help = "after, id, job, schedule_type or runtemplate_id",
     .becomes = Becomes::local,
     .preset = "after"},
    {.name = "direction", .help = "ASC or DESC", .becomes = Becomes::local, .preset = "ASC"},
    {.name = "fields",
     .takes = Takes::optional_value,
     .help = "Only these fields, separated by commas",
     .becomes = Becomes::local},
};

constexpr Command queue_table[] = {
    {.name = "queue:list",
     .operation = "queue:list",
     .run = queue_list,
     .summary = "Lists the jobs that wait for their time",
     .details =
         "schedule_type is the interval of the run template (disabled: it runs only when somebody asks); reason says "
         "what keeps a job from starting, or why it was put back into the queue.",
     .options = queue_list_options,
     .aliases = {"schedule:list"}},
    {.name = "queue:overview",
     .operation = "queue:overview",
     .run = queue_overview,
     .summary = "Counts what waits",
     .aliases = {"queue:status"}},
    {.name = "queue:fix",
     .operation = "queue:fix",
     .run = queue_fix,
     .summary = "Looks for entries without a job and jobs without an entry, and repairs them"},
    {.name = "queue:truncate",
     .operation = "queue:truncate",
     .run = queue_truncate,
     .summary = "Cancels every job that waits",
     .aliases = {"queue:clear"}},
    {.name = "queue:delete",
     .operation = "queue:delete",
     .run = [](Invocation& in) { return answer_gone(in, queue_subject, "deleted"); },
     .summary = "Cancels one job that waits",
     .needs = {"id"},
     .positional = "id"},
};

}  // namespace

std::span<const Command> queue_commands() { return queue_table; }

}  // namespace mf
