// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/input_file.h"
#include "domain/schedule_preview.h"
#include "domain/variable_name.h"

#include <boost/json/serialize.hpp>

namespace mf {
namespace {

constexpr std::size_t longest_request = 65536;

/// What domain/schedule_preview.h says about coming runs, as lines for people.
int show_preview(Invocation& in, const json::object& preview) {
    if (in.json()) return in.answer(preview);
    json::array rows;
    const json::value& runs = member(preview, "runs");
    if (runs.is_array())
        for (const json::value& value : runs.get_array()) {
            if (!value.is_object()) continue;
            const auto& run = value.get_object();
            rows.push_back(json::object{{"planned", member(run, "at")},
                                        {"starts", member(run, "launch")},
                                        {"clock change", member(run, "clock_change")},
                                        {"note", member(run, "note")}});
        }
    const json::value& never = member(preview, "never");
    in.answer_rows(rows, {.nothing = never.is_bool() && never.get_bool() ? "It never runs." : "No coming runs."});
    for (const auto key : {"clock_changes", "warnings"}) {
        const json::value& list = member(preview, key);
        if (!list.is_array()) continue;
        for (const json::value& entry : list.get_array())
            in.out().line(one_line(entry.is_object() ? text_member(entry.get_object(), "note") : plain_text(entry)));
    }
    return 0;
}

int plan_next(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    if (!answer->is_object()) return in.answer(*answer);
    const auto& object = answer->get_object();
    const int code = show_preview(in, object);
    if (in.json()) return code;
    const auto zone = text_member(object, "zone");
    if (const auto shown_in = text_member(object, "shown_in"); shown_in != zone)
        in.out().line(one_line(fmt::format("The schedule is in {}: {} The times here are those of {}.", zone,
                                           text_member(object, "description"), shown_in)));
    // Who reads a list of coming runs expects that they will come.
    if (const json::value& active = member(object, "active"); active.is_bool() && !active.get_bool())
        in.out().line("The run template is not active: none of these runs happens before it is.");
    if (const auto fault = text_member(object, "fault"); !fault.empty()) in.out().line(one_line(fault));
    return code;
}

Result<json::object> preview_request(const Invocation& in) {
    json::object request;
    for (const auto name : {"cron", "interval", "anchor", "zone", "from"})
        if (const auto value = in.arguments().value(name)) request[name] = *value;
    auto count = in.integer("count");
    if (!count) return count.error();
    if (*count) request["count"] = **count;
    return request;
}

/// One line of a batch. What is wrong with it is said in its answer; the next line has its own chance. Also an empty
/// line has an answer, so that line n of the answers belongs to line n of the requests.
json::value batch_answer(std::string_view line, std::size_t number, const json::object& defaults, Timestamp now,
                         const Zone& zone) {
    const auto wrong = [&](std::string_view sentence) {
        return json::object{
            {"error", fmt::format("Line {}: {}", number, sentence)}, {"cron", nullptr}, {"line", number}};
    };
    if (line.size() > longest_request) return wrong(fmt::format("A request has at most {} bytes.", longest_request));
    if (trim(line).empty()) return wrong("It is empty; a request is a JSON object, such as {\"cron\":\"30 2 * * *\"}.");
    auto request = parse_json(line);
    if (!request) return wrong(request.error().message);
    if (json::object* object = request->if_object()) {
        const bool has_rule = object->contains("cron") || object->contains("interval");
        for (const auto& [key, value] : defaults)
            // Half a rule from here and half from there would be a rule that nobody wrote.
            if (!has_rule || (key != "cron" && key != "interval" && key != "anchor")) object->emplace(key, value);
    }
    auto answer = preview_answer(*request, now, zone);
    if (answer.is_object() && answer.get_object().contains("error")) answer.get_object()["line"] = number;
    return answer;
}

int plan_batch(Invocation& in, const std::string& file) {
    const auto defaults = preview_request(in);
    if (!defaults) return in.refuse(defaults.error());
    auto source = LineSource::open(file, in.terminal(), longest_request + 1);
    if (!source) return in.refuse(source.error());
    const Timestamp now = in.backend().now();
    const Zone zone = in.zone();
    std::string line;
    for (std::size_t number = 1; (*source)->next(line); ++number) {
        in.out().line(to_text(batch_answer(line, number, *defaults, now, zone)));
        // Whoever asks one by one over a pipe waits for each answer.
        if ((*source)->would_wait()) in.out().flush();
        if (in.out().failed()) break;
    }
    if (const auto& problem = (*source)->problem(); !problem.empty()) {
        in.remark(problem);
        return 1;
    }
    return 0;
}

int plan_preview(Invocation& in) {
    if (const auto file = in.arguments().value("batch")) return plan_batch(in, *file);
    if (!in.arguments().has("cron") && !in.arguments().has("interval"))
        return in.refuse(Refusal{.message = "Missing --cron, --interval or --batch"});
    const auto request = preview_request(in);
    if (!request) return in.refuse(request.error());
    const auto answer = preview_answer(*request, in.backend().now(), in.zone());
    if (!answer.is_object()) return in.answer(answer);
    const auto& object = answer.get_object();
    if (const auto error = text_member(object, "error"); !error.empty())
        return in.refuse(Refusal{.message = std::string(error), .details = {{"cron", member(object, "cron")}}});
    return show_preview(in, object);
}

/// Lines for `eval`: only what a shell can assign, never the mask of a secret in place of its value, and nothing that a
/// shell has of its own.
int export_lines(Invocation& in, const json::array& variables) {
    for (const json::value& value : variables) {
        if (!value.is_object()) continue;
        const auto& variable = value.get_object();
        if (text_member(variable, "source") == "process") continue;
        const auto key = text_member(variable, "key");
        const json::value& secret = member(variable, "secret");
        if (secret.is_bool() && secret.get_bool())
            in.out().line(fmt::format("# {} is secret", one_line(key)));
        else if (!is_shell_name(key))
            in.out().line(fmt::format("# {} is no name that a shell can assign", one_line(key)));
        else
            in.out().line(fmt::format("export {}={}", key, shell_quoted(plain_text(member(variable, "value")))));
    }
    return 0;
}

int plan_environment(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    if (in.json() || !answer->is_object()) return in.answer(*answer);
    const auto& object = answer->get_object();
    const json::value& listed = member(object, "variables");
    const json::array variables = listed.is_array() ? listed.get_array() : json::array();
    if (in.arguments().has("export")) return export_lines(in, variables);
    const bool explain = in.arguments().has("explain");
    json::array rows;
    for (const json::value& value : variables) {
        if (!value.is_object()) continue;
        const auto& variable = value.get_object();
        rows.push_back(json::object{{"key", member(variable, "key")},
                                    {"value", member(variable, "value")},
                                    {"source", member(variable, "source")}});
        const json::value& shadowed = member(variable, "shadowed");
        if (explain && shadowed.is_array())
            for (const json::value& layer : shadowed.get_array())
                if (layer.is_object())
                    rows.push_back(
                        json::object{{"key", ""},
                                     {"value", member(layer.get_object(), "value")},
                                     {"source", fmt::format("hidden: {}", text_member(layer.get_object(), "source"))}});
    }
    in.answer_rows(rows, {.nothing = "No variables"});
    const auto tell = [&](std::string_view key, std::string_view prefix) {
        const json::value& list = member(object, key);
        if (!list.is_array()) return;
        for (const json::value& entry : list.get_array()) {
            const auto text =
                entry.is_object() ? plain_text(member(entry.get_object(), "message|key")) : plain_text(entry);
            in.out().line(fmt::format("{}{}", prefix, one_line(text)));
        }
    };
    tell("missing", "Missing: ");
    tell("warnings", "Warning: ");
    return 0;
}

constexpr Option plan_next_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "template"}},
    {.name = "count", .help = "How many runs", .preset = "10"},
    {.name = "zone", .help = "Time zone to show them in; the schedule stays in its own"},
};
constexpr Option plan_environment_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "template"}},
    {.name = "explain",
     .takes = Takes::flag,
     .help = "Show where each value comes from and what it hides",
     .becomes = Becomes::local},
    {.name = "export",
     .takes = Takes::flag,
     .help = "As assignments for a shell, without secrets",
     .becomes = Becomes::local},
};
constexpr Option plan_preview_options[] = {
    {.name = "cron", .help = "Cron expression", .becomes = Becomes::local},
    {.name = "interval",
     .help = "Interval code or word instead of --cron",
     .becomes = Becomes::local,
     .aliases = {"interv"}},
    {.name = "anchor", .help = "For --interval: 02:00, mon 02:00, 31 02:00", .becomes = Becomes::local},
    {.name = "zone", .help = "Time zone, as Europe/Prague", .becomes = Becomes::local},
    {.name = "from", .help = "Runs after this time", .becomes = Becomes::local, .preset = "now"},
    {.name = "count", .help = "How many runs", .becomes = Becomes::local, .preset = "5"},
    {.name = "batch",
     .help = "File with one JSON request per line, - for standard input; one JSON answer per line. The other options "
             "count for requests that do not say it themselves",
     .becomes = Becomes::local,
     .file_name = true},
};

constexpr Command plan_table[] = {
    {.name = "run-template:next",
     .operation = "runtemplate:next",
     .run = plan_next,
     .summary = "Shows the coming runs of a run template and marks clock changes",
     .options = plan_next_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "run-template:env",
     .operation = "runtemplate:env",
     .run = plan_environment,
     .summary = "Shows the environment that a job of a run template gets",
     .options = plan_environment_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "schedule:preview",
     .run = plan_preview,
     .summary = "Shows the coming runs of any schedule",
     .options = plan_preview_options,
     .positional = "cron"},
};

}  // namespace

std::span<const Command> plan_commands() { return plan_table; }

}  // namespace mf
