// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/given_values.h"

namespace mf {
namespace {

constexpr Column company_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "enabled", .as = As::flag, .on_terminal = true},
    {.name = "settings"},
    {.name = "logo"},
    {.name = "server", .as = As::nothing},
    {.name = "name", .on_terminal = true},
    {.name = "ic", .on_terminal = true},
    {.name = "setup", .as = As::nothing},
    {.name = "DatCreate", .source = "created_at", .as = As::time},
    {.name = "DatUpdate", .source = "updated_at", .as = As::time},
    {.name = "customer"},
    {.name = "email", .on_terminal = true},
    {.name = "slug", .source = "code", .on_terminal = true},
    {.name = "retention_until", .as = As::nothing},
    {.name = "marked_for_deletion", .as = As::zero},
    {.name = "zabbix_host"},
    {.name = "dic"},
    {.name = "code"},
    {.name = "max_parallel"},
    {.name = "max_queued"},
    {.name = "paused_at", .as = As::time},
    {.name = "paused_until", .as = As::time},
    {.name = "pause_reason"},
};
constexpr Subject company_subject{"Company", "company_id", company_columns};

constexpr Option company_create_options[] = {
    {.name = "name", .help = "Name of the company"},
    {.name = "customer", .takes = Takes::optional_value, .help = "Id of the customer it belongs to"},
    {.name = "enabled", .takes = Takes::optional_value, .help = "1: its jobs run, 0: they do not"},
    {.name = "settings", .takes = Takes::optional_value, .help = "Free settings"},
    {.name = "logo", .takes = Takes::optional_value, .help = "Image as data URI"},
    {.name = "ic", .takes = Takes::optional_value, .help = "Registration number"},
    {.name = "dic", .takes = Takes::optional_value, .help = "Tax number"},
    {.name = "slug", .help = "Short unique code; made from the name when left out", .key = "code", .aliases = {"code"}},
    {.name = "email", .help = "Whom to write to"},
    {.name = "zabbix_host", .takes = Takes::optional_value, .help = "Its host in Zabbix"},
    {.name = "max_parallel", .help = "Jobs that may run at once, on all nodes together; 0: no limit"},
    {.name = "max_queued", .help = "Jobs that may wait when somebody launches one; 0: no limit"},
    {.name = "DatCreate", .takes = Takes::optional_value, .becomes = Becomes::nothing},
    {.name = "DatUpdate", .takes = Takes::optional_value, .becomes = Becomes::nothing},
};
constexpr Option company_get_options[] = {
    {.name = "id"},
    {.name = "ic", .help = "Registration number"},
    {.name = "name", .help = "Exact name"},
    {.name = "slug", .help = "Short code", .key = "code", .aliases = {"code"}},
};
constexpr Option company_variable_options[] = {
    {.name = "company_id", .help = "Id or code of the company", .aliases = {"id", "company"}},
};
constexpr Column company_variable_columns[] = {
    {.name = "id"}, {.name = "company_id"}, {.name = "name"}, {.name = "value"}, {.name = "secret", .as = As::flag},
};

int company_create(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    auto made = in.call(*input);
    if (!made && made.error().code == ErrorCode::conflict) {
        const auto& fields = made.error().fields;
        // Clients look for these words; another conflict keeps the sentence that explains it.
        if (!fields.empty() && fields.front().field == "name")
            return in.refuse(made.error(), "Company with this name already exists");
    }
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    if (in.verbose()) return in.answer_record(shaped(company_columns, record, in.zone()));
    const json::value id = member(record, "id");
    return in.answer(json::object{{"company_id", id}, {"id", id}},
                     fmt::format("Company created with ID: {}", plain_text(id)));
}

int company_paused(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    return in.answer(*answer, text_member(answer->as_object(), "message"));
}

constexpr std::string_view queued_choices[] = {"hold", "cancel"};
constexpr std::string_view running_choices[] = {"finish", "stop"};
constexpr Option company_pause_options[] = {
    {.name = "until", .help = "When it goes on by itself; without it somebody has to resume it"},
    {.name = "queued",
     .help = "hold: jobs that wait go on waiting, cancel: they are cancelled",
     .preset = "hold",
     .choices = queued_choices},
    {.name = "running",
     .help = "finish: jobs that run come to their end, stop: they are asked to end",
     .preset = "finish",
     .choices = running_choices},
    {.name = "reason", .help = "What people are told when they launch something"},
};

constexpr Option company_variable_set_options[] = {
    {.name = "company_id", .help = "Id or code of the company", .aliases = {"id", "company"}},
    {.name = "value", .help = "Its value; of a secret rather --value-file, which others cannot see"},
    {.name = "value-file",
     .help = "File with the value, - for standard input",
     .becomes = Becomes::local,
     .file_name = true},
};

/// The input with the value, wherever that comes from.
Result<json::object> variable_input(Invocation& in) {
    auto input = in.input();
    if (!input || !in.entry().command->name.ends_with("variable-set") || in.arguments().has("value")) return input;
    const auto name = in.arguments().value("name").value_or("");
    const auto file = in.arguments().value("value-file");
    constexpr std::string_view other_ways =
        "Say --value-file FILE, --value-file - for standard input, or --value VALUE.";
    auto value = file ? value_from_file(in, "value-file", name, *file) : typed_value(in, "value", name, other_ways);
    if (!value) return value.error();
    (*input)["value"] = *std::move(value);
    return input;
}

int company_variable_change(Invocation& in) {
    auto input = variable_input(in);
    if (!input) return in.refuse(input.error());
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    if (const auto& secret = member(record_of(*answer), "secret");
        secret.is_bool() && secret.get_bool() && in.arguments().has("value"))
        in.remark(
            "Warning: the value stood on the command line, where others on this machine can see it and shells "
            "remember it. Next time use --value-file FILE, or --value-file - for standard input.");
    const bool removed = in.entry().command->name.ends_with("unset");
    const auto name = in.arguments().value("name").value_or("");
    return in.answer(json::object{{"company_id", in.arguments().value("company_id").value_or("")},
                                  {"name", name},
                                  {removed ? "removed" : "updated", true}},
                     fmt::format("Variable {}: {}", removed ? "removed" : "set", one_line(name)));
}

constexpr Command company_table[] = {
    {.name = "company:list",
     .operation = "company:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = company_columns}); },
     .summary = "Lists the companies",
     .lists = true},
    {.name = "company:get",
     .operation = "company:get",
     .run = [](Invocation& in) { return answer_found(in, company_subject, "No company found with given identifier"); },
     .summary = "Shows a company",
     .options = company_get_options,
     .needs = {"id|ic|name|slug"},
     .missing = "Missing --id, --ic, --name or --slug",
     .positional = "id",
     .shows_record = true},
    {.name = "company:create",
     .operation = "company:create",
     .run = company_create,
     .summary = "Creates a company",
     .options = company_create_options,
     .needs = {"name"},
     .without = {"id"}},
    {.name = "company:update",
     .operation = "company:update",
     .run = [](Invocation& in) { return answer_updated(in, company_subject, "id"); },
     .summary = "Changes a company",
     .options = company_create_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "company:remove",
     .operation = "company:remove",
     .run = [](Invocation& in) { return answer_gone(in, company_subject, "removed"); },
     .summary = "Retires a company; the history of its jobs stays",
     .needs = {"id"},
     .positional = "id"},
    {.name = "company:pause",
     .operation = "company:pause",
     .run = company_paused,
     .summary = "Launches nothing of a company for a while",
     .details = "Slots of schedules that pass meanwhile are treated as missed ones: the run template says whether they "
                "are made up for (catch_up).",
     .options = company_pause_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "company:resume",
     .operation = "company:resume",
     .run = company_paused,
     .summary = "Lets a paused company go on",
     .needs = {"id"},
     .positional = "id"},
    {.name = "company:variable-list",
     .operation = "company:variable-list",
     .run = [](Invocation& in) { return in.answer_list({.columns = company_variable_columns}); },
     .summary = "Lists the variables that every job of a company receives",
     .options = company_variable_options,
     .needs = {"company_id"},
     .positional = "company_id",
     .aliases = {"company:env", "company:variables"},
     .lists = true},
    {.name = "company:variable-set",
     .operation = "company:variable-set",
     .run = company_variable_change,
     .summary = "Sets a variable of a company",
     .details = "Without --value and --value-file the value is asked for, and not shown.",
     .options = company_variable_set_options,
     .needs = {"company_id", "name"}},
    {.name = "company:variable-unset",
     .operation = "company:variable-unset",
     .run = company_variable_change,
     .summary = "Removes a variable of a company",
     .options = company_variable_options,
     .needs = {"company_id", "name"},
     .without = {"value", "secret"}},
};

}  // namespace

std::span<const Command> company_commands() { return company_table; }

}  // namespace mf
