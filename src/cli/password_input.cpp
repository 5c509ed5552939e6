// SPDX-License-Identifier: MIT
#include "cli/password_input.h"

#include "base/text.h"
#include "cli/input_file.h"

#include <filesystem>

namespace mf {
namespace {

constexpr std::size_t largest_secret_file = 4096;

}  // namespace

Result<std::string> secret_argument(Invocation& in, std::string_view option, const std::string& value,
                                    std::string_view what) {
    if (value == "-") return secret_from_file("-", in.terminal());
    if (value.starts_with('@')) return secret_from_file(value.substr(1), in.terminal());
    in.remark(
        fmt::format("Warning: other users of this machine can read {} on the command line. Use --{} - or --{} @FILE.",
                    what, option, option));
    return value;
}

Result<std::string> secret_from_file(const std::string& name, Terminal& terminal) {
    auto content = read_input_file(name, terminal, largest_secret_file);
    if (!content) return content.error();
    std::string secret(content->substr(0, content->find('\n')));
    if (secret.ends_with('\r')) secret.pop_back();
    const std::string shown = name == "-" ? "Standard input" : to_utf8(name);
    if (secret.empty())
        return Error{ErrorCode::invalid, fmt::format("{} has no password or token in its first line.", shown)};
    if (!is_utf8(secret)) return Error{ErrorCode::invalid, fmt::format("{} is not valid UTF-8.", shown)};
    return secret;
}

Result<std::string> ask_secret(Invocation& in, std::string_view prompt) {
    if (!in.can_ask() || !in.terminal().hidden_line)
        return Error{ErrorCode::invalid, "Missing --password-file (a file, or - for standard input)"};
    auto answer = in.terminal().hidden_line(prompt);
    if (!answer || answer->empty()) return Error{ErrorCode::invalid, "No password was entered; nothing was changed."};
    if (!is_utf8(*answer)) return Error{ErrorCode::invalid, "The password is not valid UTF-8. Use a UTF-8 terminal."};
    return *std::move(answer);
}

Result<void> take_password(Invocation& in, json::object& input, IfNoPassword otherwise) {
    if (const auto file = in.arguments().value("password-file")) {
        auto password = secret_from_file(*file, in.terminal());
        if (!password) return password.error();
        input["password"] = *std::move(password);
        // A file holds what somebody would type, never a hash.
        if (in.entry().operation->input->find("plaintext")) {
            input["plaintext"] = input["password"];
            input.erase("password");
        }
        return {};
    }
    for (const auto* option : {"plaintext", "password"}) {
        const auto value = in.arguments().value(option);
        if (!value || value->empty()) continue;
        auto password = secret_argument(in, option, *value, "a password");
        if (!password) return password.error();
        const bool knows_both = in.entry().operation->input->find("plaintext") != nullptr;
        input[knows_both ? option : "password"] = *std::move(password);
        return {};
    }
    if (otherwise == IfNoPassword::leave_out) return {};
    auto password = ask_secret(in, "New password: ");
    if (!password) return password.error();
    const auto again = ask_secret(in, "The same again: ");
    if (!again) return again.error();
    if (*again != *password) return Error{ErrorCode::invalid, "The two passwords differ; nothing was changed."};
    input["password"] = *std::move(password);
    return {};
}

void warn_of_open_file(Invocation& in, const std::string& name, std::string_view what) {
    if (name == "-") return;
    std::error_code problem;
    const auto mode = static_cast<unsigned>(std::filesystem::status(name, problem).permissions());
    if (problem || (mode & 077) == 0) return;
    const auto shown = to_utf8(name);
    in.remark(fmt::format("Warning: {} in {} is open to others on this machine (mode {:04o}). Say chmod 600 {}.", what,
                          shown, mode & 07777, shown));
}

}  // namespace mf
