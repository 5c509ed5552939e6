// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "cli/credential_shape.h"
#include "cli/given_values.h"

namespace mf {
namespace {

constexpr Column credential_version_columns[] = {
    {.name = "version", .on_terminal = true},
    {.name = "current", .as = As::flag, .on_terminal = true},
    {.name = "created_at", .as = As::time, .on_terminal = true},
    {.name = "created_by", .on_terminal = true},
    {.name = "changed", .as = As::words, .on_terminal = true},
    {.name = "note", .on_terminal = true},
};

constexpr Option credential_rotate_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    value_option("field", "New value of a field, KEY=VALUE; KEY=@FILE and KEY=- read it, KEY alone asks for it"),
    {.name = "field-file",
     .takes = Takes::list,
     .help = "File of KEY=VALUE lines, - for standard input; keeps secrets off the command line",
     .key = "fields",
     .becomes = Becomes::pair_file},
    {.name = "note", .help = "Why it is changed; kept with the version"},
};
constexpr Option credential_rollback_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    {.name = "to", .help = "Version to go back to, as credential:versions lists it", .key = "version"},
    {.name = "note", .help = "Why it is changed; kept with the version"},
};
constexpr Option credential_versions_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
};
constexpr Option credential_clone_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    {.name = "name", .help = "Name of the copy, unique in the company"},
};

int answer_new_version(Invocation& in, const json::value& answer) {
    const auto& object = answer.as_object();
    const auto id = id_text(in, record_of(answer));
    json::object document{{"credential_id", id},
                          {"updated", true},
                          {"version", member(object, "version")},
                          {"changed", member(object, "changed")},
                          {"affected", member(object, "affected")}};
    const int code = in.answer(document, fmt::format("Credential {} has version {} of its values now", id,
                                                     plain_text(member(object, "version"))));
    show_affected(in, object);
    return code;
}

int credential_rotate(Invocation& in) {
    const auto given = given_values(in, "field");
    if (!given) return in.refuse(given.error());
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (!given->values.empty()) {
        json::value& fields = (*input)["fields"];
        if (!fields.is_object()) fields = json::object();
        for (const auto& [name, value] : given->values) fields.get_object()[name] = value;
    }
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    warn_of_arguments(in, *given, answer->as_object());
    return answer_new_version(in, *answer);
}

int credential_rollback(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    return answer_new_version(in, *answer);
}

int credential_versions(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    json::array rows;
    if (answer->is_array())
        for (const json::value& version : answer->get_array()) {
            auto row = shaped(credential_version_columns, record_of(version), in.zone());
            if (in.json()) row["changed"] = member(record_of(version), "changed");
            rows.push_back(std::move(row));
        }
    return in.json() ? in.answer(rows) : in.answer_rows(rows, {.columns = credential_version_columns});
}

constexpr Command credential_version_table[] = {
    {.name = "credential:rotate",
     .operation = "credential:rotate",
     .run = credential_rotate,
     .summary = "Gives a credential new values, and says whose jobs get them",
     .details =
         "Values that are not named stay. Give secrets with KEY=@FILE, KEY=- or KEY alone, as for credential:create.",
     .options = credential_rotate_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "credential:versions",
     .operation = "credential:versions",
     .run = credential_versions,
     .summary = "Lists who changed which values of a credential, and when",
     .options = credential_versions_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "credential:rollback",
     .operation = "credential:rollback",
     .run = credential_rollback,
     .summary = "Goes back to the values of an earlier version, which become a new one",
     .options = credential_rollback_options,
     .needs = {"id", "to"},
     .positional = "id"},
    {.name = "credential:clone",
     .operation = "credential:clone",
     .run =
         [](Invocation& in) {
             return answer_created(in, credential_subject, {{"status", "success"}, {"created", true}});
         },
     .summary = "Copies a credential under another name",
     .options = credential_clone_options,
     .needs = {"id", "name"},
     .positional = "id",
     .aliases = {"credential:copy"}},
};

}  // namespace

std::span<const Command> credential_version_commands() { return credential_version_table; }

}  // namespace mf
