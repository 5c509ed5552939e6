// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/credential_definition.h"
#include "cli/given_values.h"

namespace mf {
namespace {

constexpr Column credential_type_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "url"},
    {.name = "logo"},
    {.name = "uuid"},
    {.name = "prototype"},
    {.name = "company_id", .on_terminal = true},
    {.name = "version", .as = As::number, .on_terminal = true},
    {.name = "class", .source = "prototype", .on_terminal = true},
    {.name = "installed", .as = As::flag},
    {.name = "created_at", .as = As::time},
    {.name = "updated_at", .as = As::time},
};
constexpr Subject credential_type_subject{"Credential type", "credential_type_id", credential_type_columns};

constexpr DefinitionKind type_kind{.noun = "credential type",
                                   .schema = "credential-type",
                                   .validate = "credential-type:validate",
                                   .files = DefinitionFiles::credential_types};

constexpr Option type_list_options[] = {
    {.name = "company-id", .help = "Only what this company may use", .key = "company_id", .aliases = {"company"}},
};
constexpr Option type_lookup_options[] = {
    {.name = "id", .help = "Id of the credential type"},
    {.name = "uuid", .help = "UUID of the credential type"},
};
constexpr Option setting_option{.name = "setting",
                                .takes = Takes::list,
                                .help =
                                    "Value that all its credentials share, KEY=VALUE; KEY=@FILE and KEY=- read it, "
                                    "KEY alone asks for it",
                                .key = "settings",
                                .becomes = Becomes::local};
constexpr Option setting_file_option{.name = "setting-file",
                                     .takes = Takes::list,
                                     .help =
                                         "File of KEY=VALUE lines, - for standard input; keeps secrets off the "
                                         "command line",
                                     .key = "settings",
                                     .becomes = Becomes::pair_file};
constexpr Option type_create_options[] = {
    {.name = "company-id", .help = "Id or code of the company", .key = "company_id", .aliases = {"company"}},
    {.name = "all-companies",
     .takes = Takes::flag,
     .help = "Instead of --company-id: every company may use it",
     .becomes = Becomes::local},
    {.name = "class", .help = "Code of its prototype", .aliases = {"prototype"}},
    {.name = "name", .help = "Name; that of the prototype when left out"},
    {.name = "uuid", .help = "Its identity; made when left out"},
    {.name = "url", .takes = Takes::optional_value, .help = "Where to read more"},
    {.name = "logo", .takes = Takes::optional_value, .help = "File name or data URI of an image"},
    {.name = "description", .takes = Takes::optional_value, .help = "What it is for"},
    setting_option,
    setting_file_option,
};
constexpr Option type_update_options[] = {
    {.name = "id", .help = "Id of the credential type"},
    {.name = "uuid", .help = "UUID of the credential type"},
    {.name = "company-id", .help = "Its company, which cannot be changed", .key = "company_id", .aliases = {"company"}},
    {.name = "class", .help = "Code of another prototype", .aliases = {"prototype"}},
    {.name = "name", .help = "Name"},
    {.name = "url", .takes = Takes::optional_value, .help = "Where to read more"},
    {.name = "logo", .takes = Takes::optional_value, .help = "File name or data URI of an image"},
    {.name = "description", .takes = Takes::optional_value, .help = "What it is for"},
    setting_option,
    setting_file_option,
    {.name = "unset", .takes = Takes::list, .help = "Shared values to forget", .becomes = Becomes::words},
};
constexpr Option type_import_options[] = {
    definition_file_option,
    {.name = "company-id",
     .help = "Id of the company; without it the type is for every company",
     .key = "company_id",
     .aliases = {"company"}},
    {.name = "dry-run", .takes = Takes::flag, .help = "Show what would happen", .key = "dry_run"},
    {.name = "force", .takes = Takes::flag, .help = "Also when the installed version is newer"},
};
constexpr Option type_validate_options[] = {definition_file_option};
constexpr Option type_export_options[] = {
    {.name = "id", .help = "Id of the credential type"},
    {.name = "uuid", .help = "UUID of the credential type"},
    {.name = "file",
     .help = "Where to write it; - is standard output",
     .becomes = Becomes::local,
     .aliases = {"json"},
     .file_name = true},
};

int answer_type(Invocation& in, const json::object& canonical) {
    auto record = shaped(credential_type_columns, canonical, in.zone());
    const json::value& settings = member(canonical, "settings");
    if (in.json())
        record["settings"] = settings;
    else if (settings.is_object())
        for (const auto& [name, value] : settings.get_object())
            if (!record.contains(name)) record[name] = value;
    return answer_with_fields(in, std::move(record), canonical);
}

int type_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found)
        return in.refuse(found.error(), "No credential type found with given identifier");
    if (!found) return in.refuse(found.error());
    return answer_type(in, record_of(*found));
}

/// Runs the operation with the shared values; a secret among those that stood on the command line is remarked.
Result<json::value> call_with_settings(Invocation& in) {
    const auto given = given_values(in, "setting");
    if (!given) return given.error();
    auto input = in.input();
    if (!input) return input.error();
    if (!given->values.empty()) {
        json::value& settings = (*input)["settings"];
        if (!settings.is_object()) settings = json::object();
        for (const auto& [name, value] : given->values) settings.get_object()[name] = value;
    }
    auto answer = in.call(*input);
    if (!answer) return answer;
    warn_of_arguments(in, *given, record_of(*answer));
    return answer;
}

int type_create(Invocation& in) {
    if (in.arguments().has("company-id") == in.arguments().has("all-companies"))
        return in.refuse(Refusal{.message = in.arguments().has("company-id")
                                                ? "Say either --company-id or --all-companies."
                                                : "Missing --company-id or --class"});
    auto made = call_with_settings(in);
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    if (in.json()) return answer_type(in, record);
    const int code = in.answer(json::value(), fmt::format("Credential type created with ID: {}", id_text(in, record)));
    return in.verbose() ? answer_type(in, record) : code;
}

int type_update(Invocation& in) {
    const bool changes = std::ranges::any_of(in.arguments().all(), [](const GivenOption& given) {
        return given.option.name == "setting" ||
               (given.option.becomes != Becomes::local && given.option.name != "id" && given.option.name != "uuid");
    });
    if (!changes) return in.refuse(Refusal{.message = "No fields to update"});
    auto answer = call_with_settings(in);
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    if (in.verbose()) return answer_type(in, record);
    const auto id = id_text(in, record);
    return in.answer(json::object{{"updated", true}, {"credential_type_id", id}},
                     fmt::format("Credential type updated: ID={}", id));
}

constexpr Command credential_type_table[] = {
    {.name = "credential-type:list",
     .operation = "credential-type:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = credential_type_columns}); },
     .summary = "Lists the credential types",
     .options = type_list_options,
     .lists = true},
    {.name = "credential-type:get",
     .operation = "credential-type:get",
     .run = type_get,
     .summary = "Shows a credential type with its fields and shared values",
     .options = type_lookup_options,
     .needs = {"id|uuid"},
     .missing = "Missing --id or --uuid",
     .positional = "id",
     .shows_record = true},
    {.name = "credential-type:create",
     .operation = "credential-type:create",
     .run = type_create,
     .summary = "Creates a credential type: a prototype as a company uses it",
     .options = type_create_options,
     .needs = {"class"},
     .missing = "Missing --company-id or --class",
     .without = {"id", "unset"}},
    {.name = "credential-type:update",
     .operation = "credential-type:update",
     .run = type_update,
     .summary = "Changes a credential type",
     .options = type_update_options,
     .needs = {"id|uuid"},
     .missing = "Missing --id or --uuid",
     .positional = "id"},
    {.name = "credential-type:delete",
     .operation = "credential-type:delete",
     .run = [](Invocation& in) { return answer_gone(in, credential_type_subject, "deleted"); },
     .summary = "Removes a credential type that no credential uses",
     .options = type_lookup_options,
     .needs = {"id|uuid"},
     .missing = "Missing --id or --uuid",
     .positional = "id"},
    {.name = "credential-type:import-json",
     .operation = "credential-type:import",
     .run = [](Invocation& in) { return for_each_definition(in, type_kind, import_credential_definition<type_kind>); },
     .summary = "Installs or updates credential types from their definitions",
     .options = type_import_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"credential-type:import"},
     .closed = true},
    {.name = "credential-type:validate-json",
     .operation = "credential-type:validate",
     .run = [](Invocation& in) { return for_each_definition(in, type_kind, validate_definition<type_kind>); },
     .summary = "Checks definitions of credential types and changes nothing",
     .options = type_validate_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"credential-type:validate"},
     .closed = true},
    {.name = "credential-type:export-json",
     .operation = "credential-type:export",
     .run = [](Invocation& in) { return export_definition(in, type_kind); },
     .summary = "Writes the definition of a credential type",
     .options = type_export_options,
     .needs = {"id|uuid", "file"},
     .missing = "Missing --id or --file",
     .aliases = {"credential-type:export"},
     .closed = true},
};

}  // namespace

std::span<const Command> credential_type_commands() { return credential_type_table; }

}  // namespace mf
