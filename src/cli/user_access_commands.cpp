// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column member_columns[] = {
    {.name = "id"},
    {.name = "company_id", .on_terminal = true},
    {.name = "company_name", .on_terminal = true},
    {.name = "user_id", .on_terminal = true},
    {.name = "login", .on_terminal = true},
    {.name = "email"},
    {.name = "firstname"},
    {.name = "lastname"},
    {.name = "role", .on_terminal = true},
    {.name = "created_at", .as = As::time},
};

constexpr Option role_lookup_options[] = {
    {.name = "user_id", .help = "Number of the user", .aliases = {"id", "user"}},
    {.name = "login", .help = "Login"},
    {.name = "email", .help = "E-mail address"},
};
constexpr Option role_set_options[] = {
    {.name = "user_id", .help = "Number of the user", .aliases = {"id", "user"}},
    {.name = "login", .help = "Login"},
    {.name = "email", .help = "E-mail address"},
    {.name = "roles",
     .takes = Takes::list,
     .help = "super_admin, admin, editor, user, viewer, with commas between them",
     .becomes = Becomes::words,
     .aliases = {"role"}},
    {.name = "replace", .takes = Takes::optional_value, .help = "false: the other roles stay", .preset = "true"},
    {.name = "expires", .help = "When the roles end; left out: never"},
    {.name = "assigned_by", .takes = Takes::optional_value, .becomes = Becomes::nothing},
};
constexpr Option company_member_options[] = {
    {.name = "company_id", .help = "Id or code of the company", .aliases = {"company"}},
    {.name = "user_id", .help = "Number of the user", .aliases = {"user"}},
    {.name = "login", .help = "Login"},
    {.name = "email", .help = "E-mail address"},
    {.name = "role", .help = "viewer, operator, editor, manager; admin means the manager", .preset = "viewer"},
};

/// Times inside of a record, as they are shown.
void localize(json::value& details, const Zone& zone) {
    if (!details.is_array()) return;
    for (auto& each : details.get_array())
        for (const auto* key : {"assigned_at", "expires_at"}) each.as_object()[key] = local_time(each.at(key), zone);
}

int role_get(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    auto record = record_of(*answer);
    localize(record["role_details"], in.zone());
    return in.answer_record(std::move(record));
}

int role_set(Invocation& in) {
    auto answer = in.call();
    if (!answer) {
        const auto& fields = answer.error().fields;
        if (!fields.empty() && fields.front().code == "unknown_role")
            return in.refuse(Refusal{.status = "invalid_roles", .message = answer.error().message});
        return in.refuse(answer.error());
    }
    auto record = record_of(*answer);
    localize(record["role_details"], in.zone());
    json::object document{{"status", "success"}, {"message", "RBAC roles updated"}};
    for (const auto* key : {"user_id", "replace", "roles", "role_details"}) document[key] = record[key];
    std::string names;
    for (const auto& role : record["roles"].as_array())
        names += fmt::format("{}{}", names.empty() ? "" : ", ", plain_text(role));
    return in.answer(document, fmt::format("RBAC roles updated: {}", names.empty() ? "none" : names));
}

constexpr std::string_view nobody_named = "Provide --user_id or --login or --email";

bool names_somebody(const Invocation& in) {
    return in.arguments().value("user_id") || in.arguments().value("login") || in.arguments().value("email");
}

int member_assign(Invocation& in) {
    if (!names_somebody(in)) return in.refuse(Refusal{.message = std::string(nobody_named)});
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    json::object document{{"status", "success"}, {"message", "User assigned to company"}};
    for (const auto& [key, value] : record_of(*answer)) document[key] = value;
    return in.answer(document, "User assigned to company");
}

int member_unassign(Invocation& in) {
    if (!names_somebody(in)) return in.refuse(Refusal{.message = std::string(nobody_named)});
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const std::string message =
        integer_member(record, "deleted").value_or(0) > 0 ? "User unassigned from company" : "No assignment found";
    json::object document{{"status", "success"}, {"message", message}};
    for (const auto& [key, value] : record) document[key] = value;
    return in.answer(document, message);
}

constexpr Command access_table[] = {
    {.name = "user-role:get",
     .operation = "user-role:get",
     .run = role_get,
     .summary = "Shows the roles that a user has in the installation",
     .options = role_lookup_options,
     .needs = {"user_id|login|email"},
     .missing = nobody_named,
     .positional = "user_id",
     .aliases = {"user-role:list"},
     .shows_record = true},
    {.name = "user-role:set",
     .operation = "user-role:set",
     .run = role_set,
     .summary = "Gives a user roles in the installation",
     .details =
         "super_admin may do everything; admin everything but work with keys and the database as a whole; editor "
         "changes applications. user and viewer see which applications there are. Rights in companies: user-company.",
     .options = role_set_options,
     .needs = {"user_id|login|email", "roles"},
     .positional = "user_id"},
    {.name = "user-company:list",
     .operation = "user-company:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = member_columns}); },
     .summary = "Lists who works for which company, and as what",
     .positional = "company_id",
     .lists = true},
    {.name = "user-company:assign",
     .operation = "user-company:assign",
     .run = member_assign,
     .summary = "Gives a user a role in a company",
     .options = company_member_options,
     .needs = {"company_id"}},
    {.name = "user-company:unassign",
     .operation = "user-company:unassign",
     .run = member_unassign,
     .summary = "Takes the role in a company from a user",
     .options = company_member_options,
     .needs = {"company_id"}},
};

}  // namespace

std::span<const Command> user_access_commands() { return access_table; }

}  // namespace mf
