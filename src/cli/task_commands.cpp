// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/job_shape.h"

namespace mf {
namespace {

constexpr Column task_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "runtemplate_id", .on_terminal = true},
    {.name = "window_start", .as = As::time, .on_terminal = true},
    {.name = "window_end", .as = As::time},
    {.name = "deadline", .as = As::time, .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "fulfilled_by_job_id", .on_terminal = true},
    {.name = "fulfilled_at", .as = As::time},
    {.name = "attempts", .on_terminal = true},
    {.name = "created_at", .as = As::time},
    {.name = "company_id"},
    {.name = "cause"},
};

/// Of an attempt, below its task.
constexpr Column attempt_columns[] = {
    {.name = "id"},
    {.name = "attempt"},
    {.name = "state"},
    {.name = "begin", .as = As::time},
    {.name = "end", .as = As::time},
    {.name = "exitcode"},
    {.name = "reason"},
};

int task_list(Invocation& in) { return in.answer_list({.columns = task_columns, .nothing = "No tasks found."}); }

int task_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found)
        return in.refuse(found.error(),
                         fmt::format("Task not found: ID={}", one_line(in.arguments().value("id").value_or(""))));
    if (!found) return in.refuse(found.error());
    const auto canonical = record_of(*found);
    auto record = shaped(task_columns, canonical, in.zone());
    const json::value* jobs = canonical.if_contains("jobs");
    if (!jobs || !jobs->is_array()) return in.answer_record(std::move(record));
    json::array shown;
    for (const json::value& job : jobs->get_array()) {
        if (!job.is_object()) continue;
        auto row = in.json() ? shaped_job(in, job.get_object()) : shaped(attempt_columns, job.get_object(), in.zone());
        // The environments are not read for this, so an empty one would say what is not so.
        row.erase("env");
        shown.push_back(std::move(row));
    }
    if (in.json()) {
        record["jobs"] = std::move(shown);
        return in.answer_record(std::move(record));
    }
    constexpr std::string_view below[] = {"jobs"};
    const int code = in.answer_record(std::move(record), below);
    if (code == 0 && (in.fields().empty() || in.wants("jobs"))) in.show_grid(shown);
    return code;
}

int task_status(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    constexpr Column counters[] = {
        {.name = "total", .as = As::number},          {.name = "open", .as = As::number},
        {.name = "running", .as = As::number},        {.name = "fulfilled", .as = As::number},
        {.name = "fulfilled_late", .as = As::number}, {.name = "failed", .as = As::number},
        {.name = "missed", .as = As::number},
    };
    return in.answer_record(shaped(counters, record_of(*answer), in.zone()));
}

constexpr Option task_list_options[] = {
    {.name = "runtemplate_id", .help = "Only of this run template", .aliases = {"template", "runtemplate"}},
    {.name = "from", .help = "Not planned before this time"},
    {.name = "to", .help = "Planned before this time"},
    {.name = "state", .help = "open, running, fulfilled, fulfilled_late, failed or missed", .aliases = {"status"}},
};
constexpr Option task_get_options[] = {
    {.name = "id", .help = "Id of the task", .aliases = {"task_id"}},
    {.name = "with-jobs", .takes = Takes::flag, .help = "With the jobs that were its attempts", .key = "with_jobs"},
};

constexpr Command task_table[] = {
    {.name = "task:list",
     .operation = "task:list",
     .run = task_list,
     .summary = "Lists expected runs: one for each time of a schedule",
     .options = task_list_options,
     .lists = true},
    {.name = "task:get",
     .operation = "task:get",
     .run = task_get,
     .summary = "Shows an expected run, and why it failed or was missed",
     .options = task_get_options,
     .needs = {"id"},
     .positional = "id",
     .shows_record = true},
    {.name = "task:status", .operation = "task:status", .run = task_status, .summary = "Counts the expected runs"},
};

}  // namespace

std::span<const Command> task_commands() { return task_table; }

}  // namespace mf
