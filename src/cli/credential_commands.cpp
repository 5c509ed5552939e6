// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/commands.h"
#include "cli/credential_shape.h"
#include "cli/given_values.h"

namespace mf {

int answer_credential(Invocation& in, const json::object& canonical) {
    auto record = shaped(credential_columns, canonical, in.zone());
    const json::value& fields = member(canonical, "fields");
    if (in.json()) {
        record["fields"] = fields;
        in.add_warnings(record, canonical);
        return in.answer_record(std::move(record), std::to_array<std::string_view>({"warnings"}));
    }
    if (fields.is_object())
        for (const auto& [name, value] : fields.get_object())
            if (!record.contains(name)) record[name] = value;
    json::object unused;
    in.add_warnings(unused, canonical);
    return in.answer_record(std::move(record), std::to_array<std::string_view>({"fields"}));
}

void show_affected(Invocation& in, const json::object& answer) {
    const json::value& affected = member(answer, "affected");
    if (in.json() || !affected.is_array()) return;
    for (const json::value& each : affected.get_array()) {
        const auto user = record_of(each);
        const json::value& active = member(user, "active");
        const auto next = plain_text(local_time(member(user, "next_launch"), in.zone()));
        in.out().line(one_line(
            fmt::format("Run template {} ({}) uses it{}{}", plain_text(member(user, "id")), text_member(user, "name"),
                        active.is_bool() && !active.get_bool() ? ", and is not active" : "",
                        next.empty() ? std::string() : fmt::format("; its next run is at {}", next))));
    }
}

namespace {

constexpr std::string_view no_credential = "No credential found with given identifier";

int credential_test(Invocation& in) {
    auto answer = in.call();
    if (!answer && answer.error().code == ErrorCode::not_found)
        return in.refuse(answer.error(), std::string(no_credential));
    if (!answer) return in.refuse(answer.error());
    const auto& found = answer->as_object();
    const auto state = text_member(found, "state");
    in.answer(*answer,
              fmt::format("{}: {}{}{}", one_line(text_member(found, "name")), state,
                          text_member(found, "message").empty() ? "" : ". ", one_line(text_member(found, "message"))));
    return state == "unavailable" || state == "misconfigured" ? 1 : 0;
}

constexpr Option credential_list_options[] = {
    {.name = "company-id", .help = "Only of this company", .key = "company_id", .aliases = {"company"}},
    {.name = "credential-type-id", .help = "Only of this type", .key = "credential_type_id"},
};
constexpr Option credential_get_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    {.name = "reveal",
     .takes = Takes::flag,
     .help = "Show secrets as they are; asks before it does, and is written to the audit log",
     .becomes = Becomes::local},
    {.name = "yes", .takes = Takes::flag, .help = "Do not ask", .becomes = Becomes::local},
};
constexpr Option credential_create_options[] = {
    {.name = "name", .help = "Name, unique in the company"},
    {.name = "company-id", .help = "Id or code of the company", .key = "company_id", .aliases = {"company"}},
    {.name = "credential-type-id", .help = "Id of its type", .key = "credential_type_id"},
    value_option("field", "Value of a field, KEY=VALUE; KEY=@FILE and KEY=- read it, KEY alone asks for it"),
    {.name = "field-file",
     .takes = Takes::list,
     .help = "File of KEY=VALUE lines, - for standard input; keeps secrets off the command line",
     .key = "fields",
     .becomes = Becomes::pair_file},
    {.name = "note", .help = "Why it is changed; kept with the version"},
};
constexpr Option credential_update_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    {.name = "name", .help = "Name, unique in the company"},
    {.name = "company-id", .help = "Its company, which cannot be changed", .key = "company_id", .aliases = {"company"}},
    {.name = "credential-type-id", .help = "Id of another type", .key = "credential_type_id"},
    value_option("field",
                 "New value of a field, KEY=VALUE; KEY=@FILE and KEY=- read it, KEY alone asks for it; a blank "
                 "one leaves what is there"),
    {.name = "field-file",
     .takes = Takes::list,
     .help = "File of KEY=VALUE lines, - for standard input; keeps secrets off the command line",
     .key = "fields",
     .becomes = Becomes::pair_file},
    {.name = "unset", .takes = Takes::list, .help = "Fields that lose their value", .becomes = Becomes::words},
    {.name = "note", .help = "Why it is changed; kept with the version"},
};
constexpr Option credential_id_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
};
constexpr Option credential_remove_options[] = {
    {.name = "id", .help = "Id of the credential", .aliases = {"credential_id"}},
    {.name = "force", .takes = Takes::flag, .help = "Also when run templates have it; it is taken from them"},
};

/// What the options say, with the values of --field over those of --field-file.
Result<json::object> credential_input(Invocation& in, const GivenValues& given) {
    auto input = in.input();
    if (!input) return input;
    if (given.values.empty()) return input;
    json::value& fields = (*input)["fields"];
    if (!fields.is_object()) fields = json::object();
    for (const auto& [name, value] : given.values) fields.get_object()[name] = value;
    return input;
}

int credential_create(Invocation& in) {
    const auto given = given_values(in, "field");
    if (!given) return in.refuse(given.error());
    const auto input = credential_input(in, *given);
    if (!input) return in.refuse(input.error());
    auto made = in.call(*input);
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    warn_of_arguments(in, *given, record);
    const json::value id = member(record, "id");
    const auto sentence = fmt::format("Credential created with ID: {}", plain_text(id));
    json::object document{
        {"status", "success"}, {"message", sentence}, {"credential_id", id}, {"created", true}, {"id", id}};
    in.add_warnings(document, record);
    return in.answer(document, sentence);
}

int credential_update(Invocation& in) {
    const bool changes = std::ranges::any_of(in.arguments().all(), [](const GivenOption& option) {
        return option.option.name == "field" ||
               (option.option.becomes != Becomes::local && option.option.name != "id" && option.option.name != "note");
    });
    if (!changes) return in.refuse(Refusal{.message = "No fields to update"});
    const auto given = given_values(in, "field");
    if (!given) return in.refuse(given.error());
    const auto input = credential_input(in, *given);
    if (!input) return in.refuse(input.error());
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    if (answer->is_object()) warn_of_arguments(in, *given, answer->get_object());
    const auto record = record_of(*answer);
    if (in.verbose()) return answer_credential(in, record);
    const auto id = id_text(in, record);
    json::object document{{"updated", true}, {"credential_id", id}};
    in.add_warnings(document, record);
    return in.answer(document, fmt::format("Credential updated: ID={}", id));
}

/// Does the person at the terminal want it?
bool is_confirmed(Invocation& in, std::string_view question) {
    in.out().flush();
    in.terminal().err(fmt::format("{} [yes/no] ", question));
    std::string line = in.terminal().in ? in.terminal().in(256) : std::string();
    const auto word = lower(trim(line));
    return word == "y" || word == "yes";
}

int credential_get(Invocation& in) {
    json::object by{{"id", in.arguments().value("id").value_or("")}};
    if (!in.arguments().has("reveal")) {
        auto found = in.call(by);
        if (!found) return in.refuse(found.error());
        return answer_credential(in, record_of(*found));
    }
    if (!in.arguments().has("yes")) {
        if (!in.can_ask())
            return in.refuse(Refusal{.message =
                                         "Secrets are shown only to who confirms it, and nobody can be asked here; "
                                         "say --yes."});
        if (!is_confirmed(in, "Show the secrets of the credential? This is written to the audit log."))
            return in.refuse(Refusal{.message = "Nothing is shown."});
    }
    auto found = in.call("credential:reveal", by);
    if (!found) return in.refuse(found.error());
    return answer_credential(in, record_of(*found));
}

int credential_remove(Invocation& in) {
    auto answer = in.call();
    if (!answer && answer.error().code == ErrorCode::not_found)
        return in.refuse(answer.error(), std::string(no_credential));
    if (!answer) return in.refuse(answer.error());
    const auto id = in.arguments().value("id").value_or("");
    json::object document{{"credential_id", id}, {"removed", true}};
    const auto record = record_of(*answer);
    const json::value& unassigned = member(record, "unassigned");
    const auto count = unassigned.is_array() ? unassigned.get_array().size() : 0;
    if (count > 0) document["unassigned"] = unassigned;
    return in.answer(document,
                     fmt::format("Credential removed: ID={}{}", id,
                                 count > 0 ? fmt::format(", taken from {} run template(s)", count) : std::string()));
}

constexpr Command credential_table[] = {
    {.name = "credential:list",
     .operation = "credential:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = credential_columns}); },
     .summary = "Lists the credentials",
     .options = credential_list_options,
     .lists = true},
    {.name = "credential:get",
     .operation = "credential:get",
     .run = credential_get,
     .summary = "Shows a credential, its secrets masked",
     .options = credential_get_options,
     .needs = {"id"},
     .positional = "id",
     .shows_record = true},
    {.name = "credential:create",
     .operation = "credential:create",
     .run = credential_create,
     .summary = "Creates a credential: named values of a company",
     .details =
         "Every user of the machine can read the arguments of a program. So give secrets with KEY=@FILE, with KEY=- "
         "on standard input, or with KEY alone: then they are asked for, and not shown. A value that begins with @ "
         "is written with @@. A name that the type has no field for is an extra variable of the jobs.",
     .options = credential_create_options,
     .needs = {"name", "company-id", "credential-type-id"},
     .missing = "Missing --name, --company-id or --credential-type-id",
     .without = {"id", "unset"}},
    {.name = "credential:update",
     .operation = "credential:update",
     .run = credential_update,
     .summary = "Changes a credential; other values make a new version",
     .details =
         "Values that are not named stay. Give secrets with KEY=@FILE, KEY=- or KEY alone, as for credential:create.",
     .options = credential_update_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "credential:remove",
     .operation = "credential:remove",
     .run = credential_remove,
     .summary = "Removes a credential with all its values",
     .options = credential_remove_options,
     .needs = {"id"},
     .positional = "id",
     .aliases = {"credential:delete"}},
    {.name = "credential:test",
     .operation = "credential:test",
     .run = credential_test,
     .summary = "Looks whether what stands behind a credential works",
     .details = "Exit code 1 when it is unavailable or misconfigured.",
     .options = credential_id_options,
     .needs = {"id"},
     .positional = "id",
     .aliases = {"credential:check"}},
    {.name = "credential:reveal",
     .operation = "credential:reveal",
     .run = [](Invocation& in) { return in.refuse(Refusal{.message = "Use credential:get --reveal."}); },
     .options = credential_id_options,
     .positional = "id",
     .hidden = true},
};

}  // namespace

std::span<const Command> credential_commands() { return credential_table; }

}  // namespace mf
