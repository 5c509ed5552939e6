// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "domain/definition/json_schema.h"

namespace mf {
namespace {

constexpr Column application_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "enabled", .as = As::flag, .on_terminal = true},
    {.name = "image"},
    {.name = "name", .on_terminal = true},
    {.name = "description"},
    {.name = "executable", .on_terminal = true},
    {.name = "DatCreate", .source = "created_at", .as = As::time},
    {.name = "DatUpdate", .source = "updated_at", .as = As::time},
    {.name = "setup"},
    {.name = "cmdparams", .source = "arguments"},
    {.name = "deploy"},
    {.name = "homepage"},
    {.name = "requirements", .as = As::words},
    {.name = "ociimage"},
    {.name = "version", .on_terminal = true},
    {.name = "code"},
    {.name = "uuid", .on_terminal = true},
    {.name = "tags", .as = As::words},
    {.name = "resultfile"},
    {.name = "artifacts", .as = As::words},
    {.name = "deffile"},
    {.name = "helmchart"},
    {.name = "topics", .source = "tags", .as = As::words},
    {.name = "max_parallel"},
};
constexpr Subject application_subject{"Application", "application_id", application_columns};

constexpr Column application_config_columns[] = {
    {.name = "id"},
    {.name = "application_id"},
    {.name = "name"},
    {.name = "position"},
    {.name = "type"},
    {.name = "category"},
    {.name = "description"},
    {.name = "hint"},
    {.name = "defval"},
    {.name = "required", .as = As::flag},
    {.name = "secret", .as = As::flag},
    {.name = "options"},
    {.name = "constraints"},
};

constexpr Option application_create_options[] = {
    {.name = "name", .help = "Name of the application"},
    {.name = "uuid", .help = "Its identity in all installations"},
    {.name = "executable", .help = "Absolute path, or a name that is looked up in PATH"},
    {.name = "description", .takes = Takes::optional_value, .help = "What it does"},
    {.name = "tags", .help = "Words separated by commas", .becomes = Becomes::words, .aliases = {"topics"}},
    {.name = "ociimage", .takes = Takes::optional_value, .help = "Container image"},
    {.name = "requirements",
     .takes = Takes::optional_value,
     .help = "Codes of credential prototypes, separated by commas",
     .becomes = Becomes::words},
    {.name = "homepage", .takes = Takes::optional_value, .help = "Address of its web page"},
    {.name = "appversion", .takes = Takes::optional_value, .help = "Version of the application", .key = "version"},
    {.name = "cmdparams",
     .takes = Takes::optional_value,
     .help = "Arguments, with placeholders",
     .key = "arguments",
     .aliases = {"cmdparamsTemplate", "arguments"}},
    {.name = "enabled", .takes = Takes::optional_value, .help = "1: its run templates are planned, 0: they are not"},
    {.name = "max_parallel", .help = "Jobs that may run at once, on all nodes together; 0: no limit"},
    {.name = "DatCreate", .takes = Takes::optional_value, .becomes = Becomes::nothing},
    {.name = "DatUpdate", .takes = Takes::optional_value, .becomes = Becomes::nothing},
};
constexpr Option application_export_options[] = {
    {.name = "id", .help = "Id of the application"},
    {.name = "uuid", .help = "UUID of the application"},
    {.name = "file",
     .help = "Where to write it; - is standard output",
     .becomes = Becomes::local,
     .aliases = {"json"},
     .file_name = true},
    {.name = "legacy", .takes = Takes::flag, .help = "In the form that old servers read"},
};
constexpr Option application_schema_options[] = {
    {.name = "kind",
     .help = "application, credential-prototype or credential-type",
     .becomes = Becomes::local,
     .preset = "application"},
};
constexpr Option application_delete_options[] = {
    {.name = "cascade", .takes = Takes::flag, .help = "Retire its run templates, too"},
};

int application_create(Invocation& in) {
    auto made = in.call();
    if (!made && made.error().code == ErrorCode::conflict) {
        const auto& fields = made.error().fields;
        if (!fields.empty() && fields.front().field == "uuid")
            return in.refuse(Refusal{"warning", "Application with this UUID already exists."});
    }
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    const json::value id = member(record, "id");
    const auto sentence = fmt::format("Application created with ID: {}", plain_text(id));
    if (!in.verbose()) return in.answer(json::object{{"application_id", id}, {"id", id}}, sentence);
    auto shown = shaped(application_columns, record, in.zone());
    if (!in.json()) return in.answer_record(std::move(shown));
    return in.answer(json::object{{"status", "created"}, {"application", std::move(shown)}, {"id", id}});
}

int application_export(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const json::value& document = member(record, "document");
    const auto text = (document.is_string() ? std::string(document.get_string()) : to_pretty_text(document)) + "\n";
    const auto file = in.arguments().value("file").value_or("-");
    if (file == "-") {
        in.out().write(text);
        return 0;
    }
    auto writer = OutputFile::create(file);
    if (!writer) return in.refuse(writer.error());
    if (auto done = (*writer)->write(text); !done) return in.refuse(done.error());
    if (auto done = (*writer)->commit(); !done) return in.refuse(done.error());
    return in.answer(json::object{{"exported", true}, {"file", file}},
                     fmt::format("Application exported: {}", one_line(file)));
}

int application_show_config(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    json::array rows;
    if (answer->is_array())
        for (const json::value& field : answer->get_array())
            rows.push_back(shaped(application_config_columns, record_of(field), in.zone()));
    if (in.json()) return in.answer(rows);
    return in.answer_rows(rows);
}

/// "0 success: Done.; 5 warning: Server busy. (may be repeated)"
std::string exit_codes_text(const json::object& codes) {
    std::string out;
    for (const auto& [code, value] : codes) {
        const auto meaning = record_of(value);
        const json::value& description = member(meaning, "description");
        const json::object texts = description.is_object() ? description.get_object() : json::object();
        const auto text = description.is_string() ? std::string_view(description.get_string())
                          : texts.contains("en")  ? text_member(texts, "en")
                          : texts.empty()         ? std::string_view()
                                                  : text_member(texts, texts.begin()->key());
        const json::value& retry = member(meaning, "retry");
        out += fmt::format("{}{} {}: {}", out.empty() ? "" : "; ", std::string_view(code),
                           text_member(meaning, "severity"), text);
        if (retry.is_bool()) out += retry.get_bool() ? " (may be repeated)" : " (not to be repeated)";
    }
    return out;
}

int application_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found)
        return in.refuse(found.error(), "No application found with given identifier");
    if (!found) return in.refuse(found.error());
    const auto record = record_of(*found);
    auto shown = shaped(application_columns, record, in.zone());
    // An object also when there are none, for the readers of the original.
    const json::value& codes = member(record, "exit_codes");
    const auto exit_codes = codes.is_object() ? codes.get_object() : json::object();
    shown["exitCodes"] = in.json() ? json::value(exit_codes) : json::value(exit_codes_text(exit_codes));
    return in.answer_record(std::move(shown));
}

int application_schema(Invocation& in) {
    const auto kind = in.arguments().value("kind").value_or("application");
    const auto text = published_schema_text(kind);
    if (text.empty())
        return in.refuse(Refusal{
            .message = fmt::format("There is no schema '{}': application, credential-prototype, credential-type.",
                                   one_line(kind))});
    in.out().write(text);
    if (!text.ends_with('\n')) in.out().line();
    return 0;
}

constexpr Command application_table[] = {
    {.name = "application:list",
     .operation = "application:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = application_columns}); },
     .summary = "Lists the applications",
     .lists = true},
    {.name = "application:get",
     .operation = "application:get",
     .run = application_get,
     .summary = "Shows an application",
     .needs = {"id|uuid|name"},
     .missing = "Missing --id, --uuid or --name",
     .positional = "id",
     .shows_record = true,
     .without = {"legacy", "cascade"}},
    {.name = "application:create",
     .operation = "application:create",
     .run = application_create,
     .summary = "Creates an application by hand; definitions are imported with import-json",
     .options = application_create_options,
     .needs = {"name", "uuid", "executable"},
     .missing = "Missing --name, --uuid or --executable",
     .without = {"id"}},
    {.name = "application:update",
     .operation = "application:update",
     .run =
         [](Invocation& in) {
             return answer_updated(in, application_subject, in.arguments().has("id") ? "id" : "uuid");
         },
     .summary = "Changes an application",
     .options = application_create_options,
     .needs = {"id|uuid"},
     .missing = "Missing --id or --uuid",
     .positional = "id"},
    {.name = "application:delete",
     .operation = "application:delete",
     .run = [](Invocation& in) { return answer_gone(in, application_subject, "deleted"); },
     .summary = "Retires an application; the history of its jobs stays",
     .options = application_delete_options,
     .needs = {"id|uuid"},
     .missing = "Missing --id",
     .positional = "id",
     .without = {"legacy"}},
    {.name = "application:export-json",
     .operation = "application:export",
     .run = application_export,
     .summary = "Writes the definition of an application",
     .options = application_export_options,
     .needs = {"id|uuid", "file"},
     .missing = "Missing --id or --file",
     .aliases = {"application:export"},
     .closed = true},
    {.name = "application:show-config",
     .operation = "application:show-config",
     .run = application_show_config,
     .summary = "Lists the variables that an application declares",
     .needs = {"id|uuid"},
     .missing = "Missing --id or --uuid",
     .positional = "id",
     .aliases = {"application:config"},
     .without = {"legacy", "cascade"}},
    {.name = "application:schema",
     .run = application_schema,
     .summary = "Prints the JSON Schema of a definition file",
     .options = application_schema_options,
     .positional = "kind"},
};

}  // namespace

std::span<const Command> application_commands() { return application_table; }

}  // namespace mf
