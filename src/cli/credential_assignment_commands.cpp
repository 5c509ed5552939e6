// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column assigned_credential_columns[] = {
    {.name = "id"},
    {.name = "runtemplate_id"},
    {.name = "credentials_id", .on_terminal = true},
    {.name = "credential_name", .on_terminal = true},
    {.name = "credential_type_name", .on_terminal = true},
    {.name = "credential_prototype", .on_terminal = true},
    {.name = "credential_type_uuid"},
    {.name = "credential_type_logo"},
    {.name = "position"},
    {.name = "state", .on_terminal = true},
    {.name = "message"},
};

constexpr Option assignment_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "runtemplate", "template"}},
    {.name = "credential_id", .help = "Id of the credential", .aliases = {"credentials_id", "credential"}},
};
constexpr Option assigned_list_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "runtemplate", "template"}},
};

int assignment_assign(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    json::object document;
    for (const auto key : {"status", "runtemplate_id", "credential_id", "prototype", "replaced", "own_values"})
        if (record.contains(key)) document[key] = member(record, key);
    in.add_warnings(document, record);
    std::string sentence =
        fmt::format("Credential {} ({}) assigned to run template {}", plain_text(member(record, "credential_id")),
                    text_member(record, "prototype"), plain_text(member(record, "runtemplate_id")));
    if (const json::value& replaced = member(record, "replaced"); replaced.is_array())
        for (const json::value& each : replaced.get_array())
            sentence += fmt::format(", instead of {} ({})", plain_text(member(record_of(each), "id")),
                                    text_member(record_of(each), "name"));
    return in.answer(document, one_line(sentence));
}

int assignment_unassign(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const bool was_there = text_member(record, "status") == "ok";
    return in.answer(
        record,
        fmt::format("Credential {} {} run template {}", plain_text(member(record, "credential_id")),
                    was_there ? "taken from" : "is not assigned to", plain_text(member(record, "runtemplate_id"))));
}

int assignment_list(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    json::array rows;
    if (answer->is_array())
        for (const json::value& row : answer->get_array())
            rows.push_back(shaped(assigned_credential_columns, record_of(row), in.zone()));
    if (in.json()) return in.answer(rows);
    return in.answer_rows(rows, {.columns = assigned_credential_columns});
}

constexpr Command assignment_table[] = {
    {.name = "run-template:assign-credential",
     .operation = "runtemplate:assign-credential",
     .run = assignment_assign,
     .summary = "Lets the jobs of a run template have a credential, instead of one of the same prototype",
     .options = assignment_options,
     .needs = {"id", "credential_id"},
     .missing = "Missing --id or --credential_id",
     .positional = "id"},
    {.name = "run-template:unassign-credential",
     .operation = "runtemplate:unassign-credential",
     .run = assignment_unassign,
     .summary = "Takes a credential from a run template",
     .options = assignment_options,
     .needs = {"id", "credential_id"},
     .missing = "Missing --id or --credential_id",
     .positional = "id"},
    {.name = "run-template:list-credentials",
     .operation = "runtemplate:list-credentials",
     .run = assignment_list,
     .summary = "Lists the credentials of a run template in the order of their assignment",
     .options = assigned_list_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
};

}  // namespace

std::span<const Command> credential_assignment_commands() { return assignment_table; }

}  // namespace mf
