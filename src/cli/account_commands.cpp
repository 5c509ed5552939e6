// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/output_file.h"
#include "cli/password_input.h"

namespace mf {
namespace {

constexpr Column session_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "created_at", .as = As::time, .on_terminal = true},
    {.name = "seen_at", .as = As::time, .on_terminal = true},
    {.name = "expires_at", .as = As::time},
    {.name = "address", .on_terminal = true},
    {.name = "user_agent", .on_terminal = true},
    {.name = "method"},
    {.name = "ended_at", .as = As::time, .on_terminal = true},
};

constexpr Option current_file_option{.name = "current-file",
                                     .help = "Read the present password from this file, '-' is standard input",
                                     .becomes = Becomes::local,
                                     .file_name = true};
constexpr Option account_password_options[] = {current_file_option, password_file_option};
constexpr Option account_current_options[] = {current_file_option};
constexpr Option account_setup_options[] = {
    {.name = "token",
     .takes = Takes::optional_value,
     .help = "What stands behind token= in the link: '-' or @FILE to read it from; or itself, which is unsafe. Asked "
             "for when left out",
     .becomes = Becomes::local},
    {.name = "login", .help = "Name to sign in with; of the first administrator only"},
    {.name = "email", .help = "E-mail address; of the first administrator only"},
    password_file_option,
};

/// The present password: from its file, or asked for; left out when there is nobody to ask.
Result<void> take_current(Invocation& in, json::object& input) {
    if (const auto file = in.arguments().value("current-file")) {
        auto password = secret_from_file(*file, in.terminal());
        if (!password) return password.error();
        input["current"] = *std::move(password);
    } else if (in.can_ask() && in.terminal().hidden_line) {
        if (auto password = in.terminal().hidden_line("Present password (empty if there is none): "))
            input["current"] = *std::move(password);
    }
    return {};
}

int account_password(Invocation& in) {
    json::object input;
    if (auto taken = take_current(in, input); !taken) return in.refuse(taken.error());
    if (auto taken = take_password(in, input, IfNoPassword::ask); !taken) return in.refuse(taken.error());
    auto answer = in.call(input);
    if (!answer) return in.refuse(answer.error());
    return in.answer(json::object{{"status", "success"}, {"message", "Password changed"}}, "Password changed.");
}

int account_totp_disable(Invocation& in) {
    json::object input;
    if (auto taken = take_current(in, input); !taken) return in.refuse(taken.error());
    auto answer = in.call(input);
    if (!answer) return in.refuse(answer.error());
    return in.answer(*answer, "No code is asked for any more.");
}

int account_totp_begin(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto& record = answer->as_object();
    return in.answer(*answer, fmt::format("Secret: {}\n{}\nEnter it into an authenticator program, then: account "
                                          "totp-confirm --code CODE",
                                          text_member(record, "secret"), text_member(record, "uri")));
}

int account_totp_confirm(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    std::string text = "From now on a code is asked for. If the program is lost, each of these lets you in once:";
    for (const auto& code : answer->at("recovery_codes").as_array()) text.append("\n").append(plain_text(code));
    return in.answer(*answer, text);
}

/// What the link proves that one may: given in one of three ways, or typed.
Result<std::string> link_token(Invocation& in) {
    const auto given = in.arguments().value("token").value_or("");
    if (given == "-" && in.arguments().value("password-file") == "-")
        return Error{ErrorCode::invalid,
                     "Standard input can give one of the two only, the token or the password; read the other one from "
                     "a file."};
    if (!given.empty()) return secret_argument(in, "token", given, "the token of a link");
    if (!in.can_ask()) return Error{ErrorCode::invalid, "Missing --token (@FILE, or - for standard input)"};
    return ask_secret(in, "Token of the link: ");
}

int account_setup(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    auto token = link_token(in);
    if (!token) return in.refuse(token.error());
    (*input)["token"] = *std::move(token);
    if (auto taken = take_password(in, *input, IfNoPassword::ask); !taken) return in.refuse(taken.error());
    auto answer = in.call(*input);
    if (!answer) return in.refuse(answer.error());
    return in.answer(*answer, fmt::format("'{}' can sign in now.", text_member(answer->as_object(), "login")));
}

/// JSON in either form: it is for programs of other places, and for people to keep.
int write_export(Invocation& in, const Result<json::value>& answer) {
    if (!answer) return in.refuse(answer.error());
    const auto file = in.arguments().value("file").value_or("-");
    if (file == "-") return in.answer(*answer);
    std::string text;
    append_ascii_json(text, *answer);
    auto target = OutputFile::create(file);
    if (!target) return in.refuse(target.error());
    if (auto done = (*target)->write(text + "\n"); !done) return in.refuse(done.error());
    if (auto done = (*target)->commit(); !done) return in.refuse(done.error());
    return in.answer(json::object{{"status", "success"}, {"file", file}},
                     fmt::format("Exported to {}", one_line(file)));
}

int account_export_download(Invocation& in) {
    const auto token = secret_argument(in, "token", in.arguments().value("token").value_or(""), "the token of a link");
    if (!token) return in.refuse(token.error());
    return write_export(in, in.call({{"token", *token}}));
}

int account_export_link(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto& made = answer->as_object();
    return in.answer(*answer,
                     fmt::format("Token: {}\nGood once, until {}: account export-download --token @FILE",
                                 text_member(made, "token"), plain_text(local_time(made.at("expires_at"), in.zone()))));
}

constexpr Column export_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "created_at", .as = As::time, .on_terminal = true},
    {.name = "expires_at", .as = As::time, .on_terminal = true},
    {.name = "used_at", .as = As::time, .on_terminal = true},
};

constexpr Option export_file_option{
    .name = "file", .help = "Where to; - or nothing: standard output", .becomes = Becomes::local, .file_name = true};
constexpr Option account_export_options[] = {export_file_option};
constexpr Option account_download_options[] = {
    {.name = "token",
     .help = "What account:export-link has shown: '-' or @FILE to read it from; or itself, which is unsafe",
     .becomes = Becomes::local},
    export_file_option,
};

constexpr Command account_table[] = {
    {.name = "account:password",
     .operation = "account:password",
     .run = account_password,
     .summary = "Changes your own password",
     .options = account_password_options,
     .closed = true},
    {.name = "account:totp-begin",
     .operation = "account:totp-begin",
     .run = account_totp_begin,
     .summary = "Makes a secret for your authenticator program",
     .closed = true},
    {.name = "account:totp-confirm",
     .operation = "account:totp-confirm",
     .run = account_totp_confirm,
     .summary = "Asks for a code at each of your sign-ins from now on; shows the recovery codes",
     .needs = {"code"},
     .positional = "code"},
    {.name = "account:totp-disable",
     .operation = "account:totp-disable",
     .run = account_totp_disable,
     .summary = "Asks for no code any more",
     .options = account_current_options,
     .closed = true},
    {.name = "account:sessions",
     .operation = "account:sessions",
     .run = [](Invocation& in) { return in.answer_list({.columns = session_columns}); },
     .summary = "Lists where you are, or were, signed in",
     .lists = true},
    {.name = "account:export",
     .operation = "account:export",
     .run = [](Invocation& in) { return write_export(in, in.call()); },
     .summary = "Writes what is stored about you as JSON, without secrets",
     .details = "An administrator names somebody else with --user_id.",
     .options = account_export_options},
    {.name = "account:export-link",
     .operation = "account:export-link",
     .run = account_export_link,
     .summary = "Makes a token with which you fetch that once, within an hour",
     .closed = true},
    {.name = "account:exports",
     .operation = "account:exports",
     .run = [](Invocation& in) { return in.answer_list({.columns = export_columns}); },
     .summary = "Lists the tokens of that kind that you have asked for",
     .lists = true},
    {.name = "account:export-download",
     .operation = "account:export-download",
     .run = account_export_download,
     .summary = "Writes what is stored about you, for such a token",
     .options = account_download_options,
     .needs = {"token"},
     .missing = "Missing --token (@FILE, or - for standard input)",
     .closed = true},
    {.name = "account:setup",
     .operation = "account:setup",
     .run = account_setup,
     .summary = "Chooses a password with a link of user:setup-link",
     .options = account_setup_options,
     .closed = true},
};

}  // namespace

std::span<const Command> account_commands() { return account_table; }

}  // namespace mf
