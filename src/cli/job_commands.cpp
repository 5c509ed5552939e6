// SPDX-License-Identifier: MIT
#include "cli/job_shape.h"

#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/given_values.h"
#include "cli/json_text.h"

namespace mf {
namespace {

constexpr Column job_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "app_id", .on_terminal = true},
    {.name = "begin", .as = As::time, .on_terminal = true},
    {.name = "end", .as = As::time, .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "exitcode", .on_terminal = true},
    {.name = "launched_by"},
    {.name = "env"},
    {.name = "command"},
    {.name = "schedule", .as = As::time},
    {.name = "executor"},
    {.name = "app_version"},
    {.name = "runtemplate_id", .on_terminal = true},
    {.name = "schedule_type"},
    {.name = "pid"},
    {.name = "retention_until", .as = As::nothing},
    {.name = "marked_for_deletion", .as = As::zero},
    {.name = "task_id"},
    {.name = "scheduled", .source = "schedule", .as = As::time, .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "reason"},
    {.name = "attempt"},
    {.name = "stdout_size"},
    {.name = "stderr_size"},
};
constexpr Subject job_subject{"Job", "job_id", job_columns};

/// Rows of a page of a screen carry their output, because the viewers of such screens read it from there; anything
/// longer belongs to `job output`.
constexpr std::int64_t screen_rows = 100;
constexpr std::int64_t screen_output = 65536;

/// What is read only for those who ask for it.
constexpr std::string_view output_fields[] = {"stdout", "stderr"};

json::value output_text(Invocation& in, std::int64_t job, JobStream stream) {
    std::string text;
    auto read = in.backend().read_job_output(job, stream, [&](std::string_view piece) {
        text += piece;
        return true;
    });
    return read ? json::value(to_utf8(text)) : json::value("");
}

void add_output(Invocation& in, json::object& row, const json::object& canonical) {
    const auto id = integer_member(canonical, "id").value_or(0);
    const auto limit = in.integer("limit");
    const bool screen = in.json() && in.fields().empty() && limit && *limit && **limit <= screen_rows;
    for (const auto& [name, stream] : {std::pair{"stdout", JobStream::out}, std::pair{"stderr", JobStream::err}}) {
        const auto size = integer_member(canonical, std::string(name) + "_size").value_or(0);
        if (in.wants(name))
            row[name] = size == 0 ? json::value("") : output_text(in, id, stream);
        else if (screen)
            row[name] = size == 0               ? json::value("")
                        : size <= screen_output ? output_text(in, id, stream)
                                                : json::value(nullptr);
    }
    if (!row["env"].is_object()) row["env"] = in.json() ? json::value(json::object()) : json::value(nullptr);
}

int job_list(Invocation& in) {
    Listing listing{.columns = job_columns, .adorn = add_output, .elsewhere = output_fields};
    // Without a terminal one line for each job, as other versions print it.
    if (!in.terminal().out_is_terminal) listing.separator = " | ";
    // Environments cost a query each: they are read for those who see them.
    const bool env = in.fields().empty() ? in.json() : in.wants("env");
    const Entity* known = in.entry().operation->input;
    if (env && known && known->find("env")) listing.input["env"] = true;
    return in.answer_list(listing);
}

/// The record with the output behind it, which goes to the reader as it comes from the store: it may be larger than
/// the memory of this machine.
int print_with_output(Invocation& in, json::object record, std::int64_t id) {
    constexpr std::pair<std::string_view, JobStream> streams[] = {{"stdout", JobStream::out},
                                                                  {"stderr", JobStream::err}};
    const bool all = in.fields().empty();
    auto known = names_in(record);
    known.insert(known.end(), {"stdout", "stderr", "exit_severity"});
    if (auto valid = in.fields_are_among(known); !valid) return in.refuse(valid.error());
    record = in.narrowed(std::move(record));
    std::string text;
    if (in.json()) {
        append_ascii_json(text, record);
        // Its end comes behind the output.
        text.pop_back();
        if (text.ends_with('\n')) text.pop_back();
        in.out().write(text);
    } else {
        in.answer_record(record);
    }
    bool any = !record.empty();
    for (const auto& [name, stream] : streams) {
        if (!all && !in.wants(name)) continue;
        AsciiJsonString string;
        if (in.json())
            in.out().write(fmt::format("{}\n    \"{}\": \"", any ? "," : "", name));
        else
            in.out().write(fmt::format("{}: ", name));
        any = true;
        auto read = in.backend().read_job_output(id, stream, [&](std::string_view piece) {
            text.clear();
            if (in.json())
                string.add(text, piece);
            else
                text = piece;
            in.out().write(text);
            return !in.out().failed() && !in.stop().stop_requested();
        });
        if (!read) {
            // The document stays open: nobody shall take it for complete.
            in.remark(read.error().message);
            return 1;
        }
        text.clear();
        if (in.json())
            string.end(text);
        else
            text = "\n";
        in.out().write(text);
    }
    if (in.json()) in.out().line(any ? "\n}" : "}");
    return 0;
}

int job_get(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    // The output is read piece by piece below.
    if (in.entry().operation->input && in.entry().operation->input->find("output")) (*input)["output"] = false;
    auto found = in.call(*input);
    if (!found && found.error().code == ErrorCode::not_found) {
        // Not an error for the clients of this command, which look for "id".
        const auto sentence = fmt::format("Job not found: ID={}", one_line(in.arguments().value("id").value_or("")));
        return in.answer(json::object{{"stdout", ""}, {"stderr", ""}}, sentence);
    }
    if (!found) return in.refuse(found.error());
    const auto canonical = record_of(*found);
    return print_with_output(in, shaped_job(in, canonical), integer_member(canonical, "id").value_or(0));
}

int job_create(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    // `job:create --template 5` is the short form of "now".
    const GivenOption* runtemplate = in.arguments().find("runtemplate_id");
    if (!input->contains("scheduled")) {
        if (!same_word(runtemplate->spelled, "template"))
            return in.refuse(Refusal{.message = "Missing --runtemplate_id or --scheduled"});
        (*input)["scheduled"] = "now";
    }
    auto made = in.call(*input);
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    warn_of_pairs(in, record);
    const json::value id = member(record, "id");
    if (in.verbose()) {
        // The environment that it would get is no part of the job yet.
        const auto whole = in.call("job:get", json::object{{"id", id}, {"output", false}});
        return in.answer_record(shaped_job(in, whole ? record_of(*whole) : record));
    }
    return in.answer(json::object{{"job_id", id}, {"id", id}}, fmt::format("Job created with ID: {}", plain_text(id)));
}

int job_cancel(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const auto state = text_member(record, "state");
    const auto id = id_text(in, record);
    const bool ended = state == "cancelled";
    const auto hint = one_line(text_member(record, "hint"));
    json::object document{{"job_id", id}, {"cancelled", ended}, {"state", state}};
    for (const auto* name : {"node", "node_state", "hint"})
        if (const json::value* value = record.if_contains(name)) document[name] = *value;
    return in.answer(document, ended ? fmt::format("Job cancelled: ID={}", id)
                                     : fmt::format("Job asked to end: ID={}, it is still {}{}{}", id, one_line(state),
                                                   hint.empty() ? "" : "; ", hint));
}

/// The operation removes a bounded number at once; it is asked until nothing is left to remove.
int job_cleanup(Invocation& in) {
    std::int64_t deleted = 0, tasks = 0;
    json::value days;
    for (bool more = true; more;) {
        const auto answer = in.call();
        if (!answer) return in.refuse(answer.error());
        const auto said = record_of(*answer);
        deleted += integer_member(said, "deleted_jobs").value_or(0);
        tasks += integer_member(said, "deleted_tasks").value_or(0);
        days = member(said, "days");
        const json::value& rest = member(said, "more");
        more = rest.is_bool() && rest.get_bool();
    }
    const auto message = fmt::format("Deleted {} job(s) that ended more than {} days ago, and {} task(s).", deleted,
                                     plain_text(days), tasks);
    return in.answer(json::object{{"status", "success"},
                                  {"message", message},
                                  {"deleted_jobs", deleted},
                                  {"deleted_tasks", tasks},
                                  {"days", days}},
                     message);
}

int job_status(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    if (!answer->is_object()) return in.answer(*answer);
    const auto& said = answer->get_object();
    constexpr Column counters[] = {
        {.name = "successful_jobs", .source = "successful_jobs|succeeded", .as = As::number},
        {.name = "failed_jobs", .source = "failed_jobs|failed", .as = As::number},
        {.name = "incomplete_jobs", .source = "incomplete_jobs|incomplete", .as = As::number},
        {.name = "total_applications", .source = "total_applications|applications", .as = As::number},
        {.name = "repeated_jobs", .source = "repeated_jobs|repeated", .as = As::number},
        {.name = "total_jobs", .source = "total_jobs|total", .as = As::number},
        {.name = "queue_length", .source = "queue_length|queued", .as = As::number},
    };
    auto out = shaped(counters, said, in.zone());
    for (const auto& [key, value] : said)
        if (value.is_int64() && !out.contains(key)) out[key] = value;
    return in.answer_record(std::move(out));
}

constexpr std::array<std::string_view, 4> template_names{"template", "runtemplate", "template_id"};

constexpr Option job_list_options[] = {
    {.name = "status", .help = "failed, success, running, pending or a state", .aliases = {"state"}},
    {.name = "task_id", .help = "Only the attempts of this expected run", .aliases = {"task"}},
};
constexpr Option job_id_options[] = {{.name = "id", .help = "Id of the job", .aliases = {"job_id"}}};
constexpr Option job_retry_options[] = {
    {.name = "id", .help = "Id of the job", .aliases = {"job_id"}},
    {.name = "force",
     .takes = Takes::flag,
     .help = "Also when the job or another attempt of its task or launch succeeded"},
};
constexpr Option job_create_options[] = {
    {.name = "runtemplate_id", .help = "Id of the run template; as --template it means now", .aliases = template_names},
    {.name = "scheduled", .help = "When: now, 2025-06-15 12:35, +5 minutes", .aliases = {"schedule_time"}},
    {.name = "executor", .takes = Takes::optional_value, .help = "Instead of the one of the run template"},
    {.name = "schedule_type",
     .takes = Takes::optional_value,
     .help = "What the job is called for",
     .preset = "adhoc-cli"},
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
constexpr Option job_cleanup_options[] = {
    {.name = "days", .help = "Jobs that ended more days ago than this", .aliases = {"older-than"}},
};
constexpr Option job_update_options[] = {
    {.name = "id", .help = "Id of the job", .aliases = {"job_id"}},
    {.name = "runtemplate_id", .help = "Id of the run template", .aliases = template_names},
    {.name = "scheduled", .help = "New time; the queue follows", .aliases = {"schedule_time"}},
    {.name = "executor", .help = "Native, Docker, Podman, Azure or Kubernetes"},
    {.name = "schedule_type", .help = "Why it runs, as it is recorded"},
    {.name = "app_id", .help = "Id of the application"},
};

constexpr Command job_table[] = {
    {.name = "job:status", .operation = "job:status", .run = job_status, .summary = "Counts the jobs"},
    {.name = "job:list",
     .operation = "job:list",
     .run = job_list,
     .summary = "Lists the jobs",
     .options = job_list_options,
     .lists = true},
    {.name = "job:get",
     .operation = "job:get",
     .run = job_get,
     .summary = "Shows a job with its output",
     .options = job_id_options,
     .needs = {"id"},
     .positional = "id",
     .shows_record = true},
    {.name = "job:create",
     .operation = "job:create",
     .run = job_create,
     .summary = "Makes a job of a run template",
     .options = job_create_options,
     .needs = {"runtemplate_id"},
     .missing = "Missing --runtemplate_id or --scheduled",
     .without = {"id", "app_id"}},
    {.name = "job:update",
     .operation = "job:update",
     .run = [](Invocation& in) { return answer_updated(in, job_subject, "id"); },
     .summary = "Changes a job that has not started",
     .options = job_update_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "job:delete",
     .operation = "job:delete",
     .run = [](Invocation& in) { return answer_gone(in, job_subject, "deleted"); },
     .summary = "Deletes a job with its output and artifacts",
     .options = job_id_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "job:cancel",
     .operation = "job:cancel",
     .run = job_cancel,
     .summary = "Takes a job from the queue, or ends its processes",
     .options = job_id_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "job:cleanup",
     .operation = "job:cleanup",
     .run = job_cleanup,
     .summary = "Deletes jobs that ended long ago, with their output and artifacts",
     .options = job_cleanup_options,
     .needs = {"days"}},
    {.name = "job:retry",
     .operation = "job:retry",
     .run = [](Invocation& in) { return answer_created(in, job_subject); },
     .summary = "Makes a new job like one that has ended",
     .details =
         "The new job has the same values. It is the next attempt of the same task when the job was planned, else "
         "of the same launch. It is refused while another attempt waits or runs and, without --force, when the "
         "job or another attempt succeeded. A task that is fulfilled stays so: with --force the new job does not "
         "belong to it.",
     .options = job_retry_options,
     .needs = {"id"},
     .positional = "id"},
};

}  // namespace

json::object shaped_job(Invocation& in, const json::object& canonical) {
    auto record = shaped(job_columns, canonical, in.zone());
    // Never [] or a text: clients have a type for this.
    if (!record["env"].is_object()) record["env"] = json::object();
    if (const json::value* severity = canonical.if_contains("exit_severity")) record["exit_severity"] = *severity;
    return record;
}

std::span<const Command> job_commands() { return job_table; }

}  // namespace mf
