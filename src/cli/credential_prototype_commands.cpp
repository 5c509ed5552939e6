// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/credential_definition.h"

namespace mf {
namespace {

constexpr Column prototype_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "uuid"},
    {.name = "code", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "description", .on_terminal = true},
    {.name = "version", .on_terminal = true},
    {.name = "url"},
    {.name = "homepage"},
    {.name = "tags", .as = As::words},
    {.name = "logo"},
    {.name = "created_at", .as = As::time},
    {.name = "updated_at", .as = As::time},
};
constexpr Subject prototype_subject{"Credential prototype", "credential_prototype_id", prototype_columns};

constexpr DefinitionKind prototype_kind{.noun = "credential prototype",
                                        .schema = "credential-prototype",
                                        .validate = "credential-prototype:validate",
                                        .files = DefinitionFiles::credential_prototypes};

constexpr Option prototype_lookup_options[] = {
    {.name = "id", .help = "Id of the prototype"},
    {.name = "uuid", .help = "UUID of the prototype"},
    {.name = "code", .help = "Code of the prototype"},
};
constexpr Option prototype_create_options[] = {
    {.name = "code", .help = "Code that applications name in their requirements"},
    {.name = "name", .help = "Name"},
    {.name = "uuid", .help = "Its identity in all installations; made when left out"},
    {.name = "description", .takes = Takes::optional_value, .help = "What it is for"},
    {.name = "prototype-version", .takes = Takes::optional_value, .help = "Version of the prototype", .key = "version"},
    {.name = "logo", .takes = Takes::optional_value, .help = "File name or data URI of an image"},
    {.name = "url", .takes = Takes::optional_value, .help = "Where to read more"},
    {.name = "homepage", .takes = Takes::optional_value, .help = "Address of its web page"},
    {.name = "tags", .help = "Words separated by commas", .becomes = Becomes::words},
};
constexpr Option prototype_import_options[] = {
    definition_file_option,
    {.name = "dry-run", .takes = Takes::flag, .help = "Show what would happen", .key = "dry_run"},
    {.name = "force", .takes = Takes::flag, .help = "Also when the installed version is newer"},
};
constexpr Option prototype_validate_options[] = {definition_file_option};
constexpr Option prototype_export_options[] = {
    {.name = "id", .help = "Id of the prototype"},
    {.name = "uuid", .help = "UUID of the prototype"},
    {.name = "code", .help = "Code of the prototype"},
    {.name = "file",
     .help = "Where to write it; - is standard output",
     .becomes = Becomes::local,
     .aliases = {"json"},
     .file_name = true},
};

int prototype_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found)
        return in.refuse(found.error(), "No credential prototype found with given identifier");
    if (!found) return in.refuse(found.error());
    const auto record = record_of(*found);
    return answer_with_fields(in, shaped(prototype_columns, record, in.zone()), record);
}

int prototype_create(Invocation& in) {
    auto made = in.call();
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    const json::value& id = member(record, "id");
    const auto sentence = fmt::format("Credential prototype created with ID: {}", plain_text(id));
    return in.answer(json::object{{"status", "success"},
                                  {"message", sentence},
                                  {"id", id},
                                  {"credential_prototype_id", id},
                                  {"code", member(record, "code")},
                                  {"uuid", member(record, "uuid")}},
                     sentence);
}

/// Counters as they are; what went wrong on standard error.
int prototype_sync(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto counters = record_of(*answer);
    json::object document;
    std::string text;
    for (const auto key : {"processed", "created", "updated", "errors", "skipped"}) {
        document[key] = member(counters, key);
        text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", key, plain_text(member(counters, key)));
    }
    if (const json::value& problems = member(counters, "problems"); problems.is_array())
        for (const json::value& problem : problems.get_array()) in.remark(plain_text(problem));
    const bool failed = document["errors"] != 0;
    in.answer(document, text);
    return failed ? 1 : 0;
}

constexpr Command prototype_table[] = {
    {.name = "credential-prototype:list",
     .operation = "credential-prototype:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = prototype_columns}); },
     .summary = "Lists the credential prototypes",
     .lists = true},
    {.name = "credential-prototype:get",
     .operation = "credential-prototype:get",
     .run = prototype_get,
     .summary = "Shows a credential prototype with its fields",
     .options = prototype_lookup_options,
     .needs = {"id|uuid|code"},
     .missing = "Missing --id, --uuid or --code",
     .positional = "id",
     .shows_record = true},
    {.name = "credential-prototype:create",
     .operation = "credential-prototype:create",
     .run = prototype_create,
     .summary = "Creates a credential prototype by hand; those with fields are imported with import-json",
     .options = prototype_create_options,
     .needs = {"code", "name"},
     .missing = "Missing --code or --name",
     .without = {"id", "version"}},
    {.name = "credential-prototype:update",
     .operation = "credential-prototype:update",
     .run =
         [](Invocation& in) {
             return answer_updated(in, prototype_subject,
                                   in.arguments().has("id")     ? "id"
                                   : in.arguments().has("uuid") ? "uuid"
                                                                : "code");
         },
     .summary = "Changes a credential prototype; its fields come from its definition",
     .options = prototype_create_options,
     .needs = {"id|uuid|code"},
     .missing = "Missing --id, --uuid or --code",
     .positional = "id",
     .without = {"version"}},
    {.name = "credential-prototype:delete",
     .operation = "credential-prototype:delete",
     .run = [](Invocation& in) { return answer_gone(in, prototype_subject, "deleted"); },
     .summary = "Removes a credential prototype that no type uses",
     .options = prototype_lookup_options,
     .needs = {"id|uuid|code"},
     .missing = "Missing --id, --uuid or --code",
     .positional = "id"},
    {.name = "credential-prototype:import-json",
     .operation = "credential-prototype:import",
     .run =
         [](Invocation& in) {
             return for_each_definition(in, prototype_kind, import_credential_definition<prototype_kind>);
         },
     .summary = "Installs or updates credential prototypes from their definitions",
     .options = prototype_import_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"credential-prototype:import"},
     .closed = true},
    {.name = "credential-prototype:validate-json",
     .operation = "credential-prototype:validate",
     .run = [](Invocation& in) { return for_each_definition(in, prototype_kind, validate_definition<prototype_kind>); },
     .summary = "Checks definitions of credential prototypes and changes nothing",
     .options = prototype_validate_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"credential-prototype:validate"},
     .closed = true},
    {.name = "credential-prototype:export-json",
     .operation = "credential-prototype:export",
     .run = [](Invocation& in) { return export_definition(in, prototype_kind); },
     .summary = "Writes the definition of a credential prototype",
     .options = prototype_export_options,
     .needs = {"id|uuid|code", "file"},
     .missing = "Missing --id or --file",
     .aliases = {"credential-prototype:export"},
     .closed = true},
    {.name = "credential-prototype:sync",
     .operation = "credential-prototype:sync",
     .run = prototype_sync,
     .summary = "Registers the credential prototypes that this program brings along"},
};

}  // namespace

std::span<const Command> credential_prototype_commands() { return prototype_table; }

}  // namespace mf
