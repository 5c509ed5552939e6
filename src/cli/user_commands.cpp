// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/password_input.h"

namespace mf {
namespace {

constexpr Column user_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "enabled", .as = As::flag, .on_terminal = true},
    {.name = "settings"},
    {.name = "email", .on_terminal = true},
    {.name = "firstname", .on_terminal = true},
    {.name = "lastname", .on_terminal = true},
    {.name = "password"},
    {.name = "password_changed_at", .as = As::time},
    {.name = "password_expires_at", .as = As::nothing},
    {.name = "failed_login_attempts", .as = As::zero},
    {.name = "locked_until", .as = As::nothing},
    {.name = "two_factor_enabled", .as = As::flag, .on_terminal = true},
    {.name = "last_login_ip", .source = "last_login_address"},
    {.name = "last_login_at", .as = As::time, .on_terminal = true},
    {.name = "security_settings", .as = As::nothing},
    {.name = "login", .on_terminal = true},
    {.name = "DatCreate", .source = "created_at", .as = As::time},
    {.name = "DatSave", .source = "updated_at", .as = As::time},
    {.name = "last_modifier_id", .as = As::nothing},
    {.name = "deleted_at", .as = As::nothing},
    {.name = "deletion_reason", .as = As::nothing},
    {.name = "anonymized_at", .as = As::nothing},
    {.name = "last_activity_at", .as = As::nothing},
    {.name = "inactive_since", .as = As::nothing},
    {.name = "retention_until", .as = As::nothing},
    {.name = "has_password", .as = As::flag, .on_terminal = true},
};

constexpr std::string_view no_user = "No user found with given identifier";

constexpr Option user_lookup_options[] = {
    {.name = "id", .help = "Number of the user", .aliases = {"user_id"}},
    {.name = "login", .help = "Login"},
    {.name = "email", .help = "E-mail address"},
};
constexpr Option user_change_options[] = {
    {.name = "id", .help = "Number of the user", .aliases = {"user_id"}},
    {.name = "login", .help = "Name to sign in with"},
    {.name = "email", .help = "E-mail address"},
    {.name = "firstname", .takes = Takes::optional_value, .help = "First name"},
    {.name = "lastname", .takes = Takes::optional_value, .help = "Last name"},
    {.name = "settings", .takes = Takes::optional_value, .help = "Free settings"},
    {.name = "enabled", .takes = Takes::optional_value, .help = "1: may sign in, 0: may not"},
    plaintext_option,
    password_option,
    password_file_option,
};
constexpr Option user_password_options[] = {
    {.name = "id", .help = "Number of the user", .aliases = {"user_id"}},
    {.name = "login", .help = "Login"},
    {.name = "email", .help = "E-mail address"},
    plaintext_option,
    password_option,
    password_file_option,
};

int user_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found) return in.refuse(found.error(), std::string(no_user));
    if (!found) return in.refuse(found.error());
    const auto record = record_of(*found);
    auto shown = shaped(user_columns, record, in.zone());
    shown["roles"] = member(record, "roles");
    shown["companies"] = member(record, "companies");
    return in.answer_record(std::move(shown));
}

int user_create(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (auto taken = take_password(in, *input, IfNoPassword::leave_out); !taken) return in.refuse(taken.error());
    auto made = in.call(*input);
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    const json::value id = member(record, "id");
    if (in.verbose()) return in.answer_record(shaped(user_columns, record, in.zone()));
    return in.answer(json::object{{"user_id", id}, {"id", id}},
                     fmt::format("User created with ID: {}", plain_text(id)));
}

int user_update(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (auto taken = take_password(in, *input, IfNoPassword::leave_out); !taken) return in.refuse(taken.error());
    const auto identity = input->contains("id") || !input->contains("login") ? "id" : "login";
    if (input->size() < 2) return in.refuse(Refusal{.message = "No fields to update"});
    auto answer = in.call(*input);
    if (!answer && answer.error().code == ErrorCode::not_found) return in.refuse(answer.error(), std::string(no_user));
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    if (in.verbose()) return in.answer_record(shaped(user_columns, record, in.zone()));
    const json::value id = member(record, "id");
    return in.answer(json::object{{"updated", true}, {"user_id", id}},
                     fmt::format("User updated: ID={} ({})", plain_text(id), identity));
}

int user_delete(Invocation& in) {
    auto answer = in.call();
    if (!answer && answer.error().code == ErrorCode::not_found)
        return in.refuse(Refusal{.status = "failure", .message = "No user found with the given identifier"});
    if (!answer) return in.refuse(answer.error());
    const auto id = member(record_of(*answer), "id");
    return in.answer(json::object{{"status", "success"}, {"message", "User deleted successfully"}, {"user_id", id}},
                     "User deleted successfully");
}

int user_password(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (auto taken = take_password(in, *input, IfNoPassword::ask); !taken) return in.refuse(taken.error());
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    return in.answer(
        json::object{
            {"status", "success"}, {"message", "Password changed"}, {"user_id", member(record_of(*answer), "user_id")}},
        "Password changed. Whoever was signed in with the former one has to sign in again.");
}

int user_setup_link(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    auto record = record_of(*answer);
    record["expires_at"] = local_time(member(record, "expires_at"), in.zone());
    return in.answer(record, fmt::format("{}\nGood once, until {}. Whoever has this link chooses the password: hand it "
                                         "over on a safe way.",
                                         text_member(record, "path"), plain_text(record.at("expires_at"))));
}

int user_totp_disable(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const bool was_on = member(record_of(*answer), "updated") == true;
    const auto sentence = was_on ? "The user signs in without a code now." : "No code was asked for before, either.";
    return in.answer(
        json::object{{"status", "success"}, {"message", sentence}, {"user_id", member(record_of(*answer), "user_id")}},
        sentence);
}

constexpr Command user_table[] = {
    {.name = "user:list",
     .operation = "user:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = user_columns}); },
     .summary = "Lists the users",
     .lists = true},
    {.name = "user:get",
     .operation = "user:get",
     .run = user_get,
     .summary = "Shows a user with the roles in the installation and in companies",
     .options = user_lookup_options,
     .needs = {"id|login|email"},
     .missing = "Missing --id, --login or --email",
     .positional = "id",
     .shows_record = true},
    {.name = "user:create",
     .operation = "user:create",
     .run = user_create,
     .summary = "Creates a user",
     .details = "The user may do nothing until somebody gives a role: user-role set, user-company assign.",
     .options = user_change_options,
     .needs = {"login"},
     .without = {"id"}},
    {.name = "user:update",
     .operation = "user:update",
     .run = user_update,
     .summary = "Changes a user",
     .details = "With --id a --login is the new one; without, it names the user.",
     .options = user_change_options,
     .needs = {"id|login"},
     .missing = "Missing --id or --login",
     .positional = "id"},
    {.name = "user:delete",
     .operation = "user:delete",
     .run = user_delete,
     .summary = "Deletes a user with all tokens, roles and sessions",
     .options = user_lookup_options,
     .needs = {"id|login|email"},
     .missing = "Missing --id or --login",
     .positional = "id"},
    {.name = "user:password",
     .operation = "user:password",
     .run = user_password,
     .summary = "Gives a user another password",
     .details = "Asks for it at a terminal, unless --password-file names where it is.",
     .options = user_password_options,
     .needs = {"id|login|email"},
     .missing = "Missing --id, --login or --email",
     .positional = "id"},
    {.name = "user:setup-link",
     .operation = "user:setup-link",
     .run = user_setup_link,
     .summary = "Makes a link with which somebody chooses a password",
     .details = "Without options: for the first administrator, while nobody can sign in yet.",
     .options = user_lookup_options,
     .positional = "id"},
    {.name = "user:totp-disable",
     .operation = "user:totp-disable",
     .run = user_totp_disable,
     .summary = "Lets a user sign in without a code, when the authenticator program is lost",
     .options = user_lookup_options,
     .needs = {"id|login|email"},
     .missing = "Missing --id, --login or --email",
     .positional = "id"},
};

}  // namespace

std::span<const Command> user_commands() { return user_table; }

}  // namespace mf
