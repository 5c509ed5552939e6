// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/password_input.h"

namespace mf {
namespace {

constexpr Column token_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "token", .on_terminal = true},
    {.name = "start", .source = "created_at", .as = As::time},
    {.name = "until", .source = "expires_at", .as = As::time, .on_terminal = true},
    {.name = "user_id", .on_terminal = true},
    {.name = "user"},
    {.name = "name", .on_terminal = true},
    {.name = "permissions", .as = As::words, .on_terminal = true},
    {.name = "companies", .as = As::words, .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "last_used_at", .as = As::time, .on_terminal = true},
    {.name = "last_used_address"},
    {.name = "revoked_at", .as = As::time},
};
constexpr Subject token_subject{"Token", "token_id", token_columns};

constexpr Option token_options[] = {
    {.name = "user", .help = "Whom it acts for: id, login or e-mail address", .aliases = {"user_id"}},
    {.name = "token",
     .takes = Takes::optional_value,
     .help = "A text of your own: '-' or @FILE to read it from; or itself, which is unsafe. It is replaced when it is "
             "easy to guess",
     .becomes = Becomes::local},
    {.name = "name", .takes = Takes::optional_value, .help = "What it is for"},
    {.name = "expires", .help = "When it ends: a time, '+30 days', never", .aliases = {"until"}},
    {.name = "permissions",
     .takes = Takes::list,
     .help = "Only these of what the owner may do: view, run, edit, manage, view_catalog, edit_catalog, administer, "
             "operate, own",
     .becomes = Becomes::words},
    {.name = "companies",
     .takes = Takes::list,
     .help = "Only in these companies (id or slug)",
     .becomes = Becomes::words},
    {.name = "start", .takes = Takes::optional_value, .becomes = Becomes::nothing},
};

/// The text of --token, which may be '-' or @FILE, too.
Result<void> take_text(Invocation& in, json::object& input) {
    const auto value = in.arguments().value("token");
    if (!value || value->empty()) return {};
    auto text = secret_argument(in, "token", *value, "a token");
    if (!text) return text.error();
    input["token"] = *std::move(text);
    return {};
}

void remark_token_warnings(Invocation& in, const json::object& record) {
    const json::value& warnings = member(record, "warnings");
    if (!warnings.is_array()) return;
    for (const json::value& warning : warnings.get_array()) in.remark(fmt::format("Warning: {}", plain_text(warning)));
}

int token_made(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (auto taken = take_text(in, *input); !taken) return in.refuse(taken.error());
    auto made = in.call("token:create", *input);
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    remark_token_warnings(in, record);
    const json::value id = member(record, "id");
    const json::value& text = member(record, "token");
    if (in.verbose()) return in.answer_record(shaped(token_columns, record, in.zone()));
    return in.answer(json::object{{"token_id", id}, {"id", id}, {"token", text}},
                     fmt::format("Token created with ID: {}\n{}\nKeep it now: it is not shown again.", plain_text(id),
                                 plain_text(text)));
}

int token_get(Invocation& in) {
    auto found = in.call();
    // Clients tell by this that there is none.
    if (!found && found.error().code == ErrorCode::not_found && in.json()) return in.answer(json::value());
    if (!found) return in.refuse(found.error());
    return in.answer_record(shaped(token_columns, record_of(*found), in.zone()));
}

int token_update(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    if (auto taken = take_text(in, *input); !taken) return in.refuse(taken.error());
    if (input->size() < 2) return in.refuse(Refusal{.message = "No fields to update"});
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    remark_token_warnings(in, record);
    const auto id = id_text(in, record);
    if (in.verbose()) return in.answer_record(shaped(token_columns, record, in.zone()));
    json::object document{{"updated", true}, {"token_id", id}};
    auto sentence = fmt::format("Token updated: ID={}", id);
    if (input->contains("token") && !text_member(record, "token").ends_with("...")) {
        document["token"] = member(record, "token");
        sentence += fmt::format("\n{}\nKeep it now: it is not shown again.", text_member(record, "token"));
    }
    return in.answer(document, sentence);
}

constexpr std::string_view token_details =
    "The token is shown once. Programs show it to the API as \"Authorization: Bearer TOKEN\"; this program acts with "
    "it "
    "when it is in MULTIFLEXI_TOKEN or in the file of --token-file.";

constexpr Command token_table[] = {
    {.name = "token:list",
     .operation = "token:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = token_columns}); },
     .summary = "Lists the tokens with which programs act for somebody",
     .lists = true},
    {.name = "token:get",
     .operation = "token:get",
     .run = token_get,
     .summary = "Shows a token without its text",
     .needs = {"id"},
     .positional = "id",
     .shows_record = true},
    {.name = "token:create",
     .operation = "token:create",
     .run = token_made,
     .summary = "Makes a token",
     .details = token_details,
     .options = token_options,
     .needs = {"user"},
     .without = {"id"}},
    {.name = "token:generate",
     .operation = "token:create",
     .run = token_made,
     .summary = "Makes a token for a user",
     .details = token_details,
     .options = token_options,
     .needs = {"user"},
     .positional = "user",
     .aliases = {"user:token"},
     .without = {"id"}},
    {.name = "token:update",
     .operation = "token:update",
     .run = token_update,
     .summary = "Changes a token",
     .options = token_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "token:revoke",
     .operation = "token:revoke",
     .run = [](Invocation& in) { return answer_gone(in, token_subject, "revoked"); },
     .summary = "Ends a token; it stays in the list",
     .needs = {"id"},
     .positional = "id"},
    {.name = "token:delete",
     .operation = "token:delete",
     .run = [](Invocation& in) { return answer_gone(in, token_subject, "deleted"); },
     .summary = "Removes a token",
     .needs = {"id"},
     .positional = "id"},
};

}  // namespace

std::span<const Command> token_commands() { return token_table; }

}  // namespace mf
