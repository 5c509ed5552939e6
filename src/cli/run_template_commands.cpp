// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/given_values.h"
#include "domain/cron.h"

namespace mf {
namespace {

constexpr Column run_template_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "app_id", .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "interv", .on_terminal = true},
    {.name = "prepared", .as = As::nothing},
    {.name = "success", .as = As::nothing},
    {.name = "fail", .as = As::nothing},
    {.name = "name", .on_terminal = true},
    {.name = "delay"},
    {.name = "executor"},
    {.name = "active", .as = As::flag, .on_terminal = true},
    {.name = "cron", .on_terminal = true},
    {.name = "last_schedule", .as = As::time},
    {.name = "next_schedule", .source = "next_launch", .as = As::time, .on_terminal = true},
    {.name = "note"},
    {.name = "DatCreate", .source = "created_at", .as = As::time},
    {.name = "DatSave", .source = "updated_at", .as = As::time},
    {.name = "successfull_jobs_count", .as = As::number},
    {.name = "failed_jobs_count", .as = As::number},
    {.name = "deadline_offset"},
    {.name = "max_attempts"},
    {.name = "retry_backoff"},
    {.name = "retry_min_gap"},
    {.name = "allow_late", .as = As::flag},
    {.name = "app_uuid"},
    {.name = "anchor"},
    {.name = "zone"},
    {.name = "jitter"},
    {.name = "catch_up"},
    {.name = "catch_up_limit"},
    {.name = "overlap"},
    {.name = "time_limit"},
    {.name = "grace"},
    {.name = "output_limit"},
    {.name = "artifact_limit"},
    {.name = "artifact_count_limit"},
    {.name = "skipped_slots"},
    {.name = "fault"},
    {.name = "runs_on"},
};
constexpr Subject run_template_subject{"RunTemplate", "runtemplate_id", run_template_columns};

constexpr Option run_template_create_options[] = {
    {.name = "name", .help = "Name of the run template"},
    {.name = "app_id", .help = "Id of the application", .aliases = {"application_id"}},
    {.name = "app_uuid", .help = "UUID of the application"},
    {.name = "company_id", .help = "Id or code of the company"},
    {.name = "company", .help = "Id or code of the company"},
    {.name = "interv",
     .help = "n off, i minute, h hour, d day, w week, m month, y year, c cron",
     .aliases = {"interval"}},
    {.name = "cron", .takes = Takes::optional_value, .help = "Cron expression; implies --interv c"},
    {.name = "active", .help = "1: runs as planned, 0: does not"},
    {.name = "executor", .help = "Native, Docker, Podman, Azure or Kubernetes"},
    {.name = "runs_on", .help = "Labels that a node must have for its jobs, with commas; '' for any node"},
    {.name = "config",
     .takes = Takes::list,
     .help = "Value of a variable; values that are not named stay",
     .becomes = Becomes::pairs},
    {.name = "config-file",
     .takes = Takes::list,
     .help = "File of KEY=VALUE lines, - for standard input; keeps secrets off the command line",
     .key = "config",
     .becomes = Becomes::pair_file},
    {.name = "unset", .takes = Takes::list, .help = "Variables to forget", .becomes = Becomes::words},
    {.name = "deadline_offset", .help = "Until when a planned run is of use: +3h, or 06:30"},
    {.name = "max_attempts", .help = "Attempts for one planned run"},
    {.name = "retry_backoff", .help = "none, fixed, linear or exponential"},
    {.name = "retry_min_gap", .help = "Seconds between two attempts"},
    {.name = "allow_late", .help = "1: a success after the deadline counts"},
    {.name = "DatCreate", .takes = Takes::optional_value, .becomes = Becomes::nothing},
    {.name = "DatSave", .takes = Takes::optional_value, .becomes = Becomes::nothing},
};
// A new run template has nothing to forget.
constexpr auto without_unset = [] {
    std::array<Option, std::size(run_template_create_options) - 1> out{};
    std::size_t i = 0;
    for (const Option& option : run_template_create_options)
        if (option.name != "unset") out[i++] = option;
    return out;
}();

constexpr Option run_template_list_options[] = {
    {.name = "company", .help = "Id or code of a company"},
    {.name = "company_id", .help = "Id or code of a company"},
    {.name = "app_id", .help = "Id of an application"},
    {.name = "app_uuid", .help = "UUID of an application"},
    {.name = "active", .help = "1: only active ones, 0: only the others"},
};
constexpr Option run_template_get_options[] = {
    {.name = "id", .aliases = {"runtemplate_id"}},
    {.name = "name", .help = "Exact name"},
};
constexpr Option run_template_id_options[] = {
    {.name = "id",
     .help = "Id of the run template",
     .aliases = {"runtemplate_id", "template_id", "template", "runtemplate"}},
};
constexpr Option run_template_clone_options[] = {
    {.name = "id",
     .help = "Id of the run template",
     .aliases = {"runtemplate_id", "template_id", "template", "runtemplate"}},
    {.name = "name", .help = "Name of the copy (that of the original and 'Clone')"},
};
constexpr Option run_template_schedule_options[] = {
    {.name = "id",
     .help = "Id of the run template",
     .aliases = {"runtemplate_id", "template_id", "template", "runtemplate"}},
    {.name = "schedule_time",
     .takes = Takes::optional_value,
     .help = "When: now, 2025-06-15 12:35, tomorrow 02:00, +5 minutes",
     .aliases = {"scheduled"},
     .preset = "now"},
    {.name = "executor", .takes = Takes::optional_value, .help = "Instead of the one of the run template"},
    {.name = "config", .takes = Takes::list, .help = "Value for this run only", .becomes = Becomes::pairs},
    {.name = "config-file",
     .takes = Takes::list,
     .help = "File of KEY=VALUE lines, - for standard input; keeps secrets off the command line",
     .key = "config",
     .becomes = Becomes::pair_file},
    {.name = "env",
     .takes = Takes::list,
     .help = "Value for this run only; wins over --config",
     .becomes = Becomes::pairs},
    {.name = "env-file",
     .takes = Takes::list,
     .help = "File of such lines, - for standard input",
     .key = "env",
     .becomes = Becomes::pair_file},
};
constexpr Option run_template_stale_options[] = {
    {.name = "tolerance-hours", .help = "How late counts as stale", .preset = "6"},
};

bool is_about(const Error& error, std::string_view field) {
    return !error.fields.empty() && error.fields.front().field == field;
}

/// Sentences that clients know; everything else is told as the operation says it.
int refuse_change(Invocation& in, const Error& error) {
    const auto value = [&](std::string_view option) { return one_line(in.arguments().value(option).value_or("")); };
    if (error.code == ErrorCode::not_found && is_about(error, "app_uuid"))
        return in.refuse(Refusal{.message = "Application with given UUID not found"});
    if (error.code == ErrorCode::not_found && is_about(error, "company"))
        return in.refuse(Refusal{.message = fmt::format("Company not found for slug: {}", value("company"))});
    // Not every complaint about it is one about the expression: it may be missing, or beside an interval.
    if (const auto cron = in.arguments().value("cron");
        cron && is_about(error, "cron") && !CronExpression::parse(*cron))
        return in.refuse(Refusal{.message = in.json() ? "Invalid crontab expression"
                                                      : fmt::format("Invalid crontab expression: {}", error.message),
                                 .details = {{"cron", value("cron")}, {"detail", error.message}}});
    return in.refuse(error);
}

json::object shown_record(Invocation& in, const json::object& canonical) {
    auto record = shaped(run_template_columns, canonical, in.zone());
    const json::value& configuration = member(canonical, "configuration");
    if (!configuration.is_object()) return record;
    // Values stand flat beside the fields; a variable that is called like a field does not hide it.
    for (const auto& [key, value] : configuration.get_object())
        if (!record.contains(key)) record[key] = value;
    return record;
}

/// The answer to a change with the warnings of the operation: members of the document, remarks to a person.
int answer_saved(Invocation& in, const json::object& canonical, json::object document, const std::string& sentence) {
    if (in.verbose()) document = shown_record(in, canonical);
    warn_of_pairs(in, canonical);
    in.add_warnings(document, canonical);
    return in.verbose() ? in.answer_record(std::move(document)) : in.answer(document, sentence);
}

int run_template_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found) {
        if (const auto name = in.arguments().value("name"))
            return in.refuse(found.error(), fmt::format("RunTemplate not found: {}", one_line(*name)));
        return in.answer(json::array(), "No data\n");
    }
    if (!found) return in.refuse(found.error());
    const auto canonical = record_of(*found);
    auto document = shown_record(in, canonical);
    if (in.json() && canonical.contains("requirements")) document["requirements"] = member(canonical, "requirements");
    in.add_warnings(document, canonical);
    return in.answer_record(std::move(document), std::to_array<std::string_view>({"warnings"}));
}

int run_template_create(Invocation& in) {
    auto made = in.call();
    if (!made) return refuse_change(in, made.error());
    const auto record = record_of(*made);
    const json::value id = member(record, "id");
    return answer_saved(in, record, json::object{{"runtemplate_id", id}, {"created", true}, {"id", id}},
                        fmt::format("RunTemplate created with ID: {}", plain_text(id)));
}

int run_template_update(Invocation& in) {
    const bool changes = std::ranges::any_of(in.arguments().all(), [](const GivenOption& given) {
        return given.option.becomes != Becomes::local && given.option.name != "id";
    });
    if (!changes) return in.refuse(Refusal{.message = "No fields to update"});
    auto answer = in.call();
    if (!answer) return refuse_change(in, answer.error());
    const auto record = record_of(*answer);
    const auto id = id_text(in, record);
    return answer_saved(in, record, json::object{{"runtemplate_id", id}, {"updated", true}},
                        fmt::format("RunTemplate updated: ID={}", id));
}

int run_template_schedule(Invocation& in) {
    auto answer = in.call();
    if (!answer) {
        const Error& error = answer.error();
        if (error.code == ErrorCode::not_found) return in.refuse(error, "RunTemplate not found");
        if (error.message.find("not active") != std::string::npos)
            return in.refuse(error, "RunTemplate is not active. Scheduling forbidden.");
        return in.refuse(error, fmt::format("Failed to schedule run template: {}", error.message));
    }
    const auto record = record_of(*answer);
    warn_of_pairs(in, record);
    const auto id = in.arguments().value("id").value_or("");
    const auto scheduled = local_time(member(record, "scheduled|schedule"), in.zone());
    const json::value& executor = member(record, "executor");
    const json::value& job = member(record, "job_id");
    return in.answer(
        json::object{
            {"runtemplate_id", id}, {"scheduled", scheduled}, {"executor", executor}, {"job_id", job}, {"id", job}},
        fmt::format("RunTemplate {} scheduled for execution at {}\nExecutor: {}\nJob ID: {}", one_line(id),
                    plain_text(scheduled), plain_text(executor), plain_text(job)));
}

int run_template_stale(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const json::value stale = answer->is_object() ? member(answer->get_object(), "stale") : *answer;
    json::array rows;
    if (stale.is_array())
        for (const json::value& row : stale.get_array())
            rows.push_back(row.is_object() ? shaped(run_template_columns, row.get_object(), in.zone()) : row);
    const auto message = fmt::format("{} stale run-template(s) found", rows.size());
    if (in.json())
        return in.answer(json::object{
            {"status", "success"}, {"message", message}, {"count", rows.size()}, {"stale", std::move(rows)}});
    in.out().line(message);
    for (const json::value& row : rows)
        in.out().line(fmt::format("{}: {}, due {}", plain_text(member(row.as_object(), "id")),
                                  one_line(text_member(row.as_object(), "name")),
                                  plain_text(member(row.as_object(), "next_schedule"))));
    return 0;
}

int run_template_clone(Invocation& in) {
    auto made = in.call();
    if (!made)
        return made.error().code == ErrorCode::not_found ? in.refuse(made.error(), "RunTemplate not found")
                                                         : in.refuse(made.error());
    const auto record = record_of(*made);
    const json::value id = member(record, "id");
    return answer_saved(
        in, record,
        json::object{
            {"runtemplate_id", id}, {"name", member(record, "name")}, {"active", false}, {"created", true}, {"id", id}},
        fmt::format("RunTemplate cloned as ID: {}. It is not active: look at it, then activate it.", plain_text(id)));
}

constexpr Command run_template_table[] = {
    {.name = "run-template:list",
     .operation = "runtemplate:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = run_template_columns}); },
     .summary = "Lists the run templates",
     .options = run_template_list_options,
     .lists = true},
    {.name = "run-template:get",
     .operation = "runtemplate:get",
     .run = run_template_get,
     .summary = "Shows a run template with its configuration",
     .options = run_template_get_options,
     .needs = {"id|name"},
     .missing = "Missing --id or --name",
     .positional = "id",
     .shows_record = true},
    {.name = "run-template:create",
     .operation = "runtemplate:create",
     .run = run_template_create,
     .summary = "Creates a run template: an application configured for a company",
     .options = without_unset,
     .needs = {"name", "app_id|app_uuid", "company_id|company"},
     .missing = "Missing --name, --app_id or --company_id",
     .without = {"id", "unset"}},
    {.name = "run-template:update",
     .operation = "runtemplate:update",
     .run = run_template_update,
     .summary = "Changes a run template; its plan follows at once",
     .options = run_template_create_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "run-template:clone",
     .operation = "runtemplate:clone",
     .run = run_template_clone,
     .summary = "Copies a run template with its values and credentials; the copy is not active",
     .options = run_template_clone_options,
     .needs = {"id"},
     .positional = "id",
     .aliases = {"run-template:copy"}},
    {.name = "run-template:delete",
     .operation = "runtemplate:delete",
     .run = [](Invocation& in) { return answer_gone(in, run_template_subject, "deleted"); },
     .summary = "Retires a run template; the history of its jobs stays",
     .options = run_template_id_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "run-template:schedule",
     .operation = "runtemplate:schedule",
     .run = run_template_schedule,
     .summary = "Makes a job of a run template, for now or for a time",
     .options = run_template_schedule_options,
     .needs = {"id"},
     .positional = "id",
     .aliases = {"run-template:run", "job:run"}},
    {.name = "run-template:stale",
     .operation = "runtemplate:stale",
     .run = run_template_stale,
     .summary = "Lists run templates whose planned time has passed without a job",
     .options = run_template_stale_options},
};

}  // namespace

std::span<const Command> run_template_commands() { return run_template_table; }

}  // namespace mf
