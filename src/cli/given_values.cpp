// SPDX-License-Identifier: MIT
#include "cli/given_values.h"

#include "base/text.h"
#include "cli/input_file.h"

namespace mf {
namespace {

constexpr std::size_t longest_value_file = 1 << 20;

Error wrong_value_option(std::string_view option, std::string_view why) {
    return {ErrorCode::invalid, fmt::format("Option --{}: {}", option, why), {{std::string(option), std::string(why)}}};
}

/// Editors and echo end files with a line end that is no part of a password.
std::string without_last_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

/// Those of the names that an answer calls secrets.
std::vector<std::string> secrets_named_in(const std::vector<std::string>& names, const json::object& answer) {
    std::vector<std::string> out;
    const json::value& secrets = member(answer, "secret_fields");
    if (!secrets.is_array()) return out;
    for (const json::value& name : secrets.get_array())
        if (std::ranges::find(names, plain_text(name)) != names.end()) out.push_back(one_line(plain_text(name)));
    return out;
}

}  // namespace

Result<std::string> value_from_file(Invocation& in, std::string_view option, std::string_view key,
                                    const std::string& name) {
    const auto shown = name == "-" ? std::string("standard input") : to_utf8(name);
    auto content = read_input_file(name, in.terminal(), longest_value_file);
    if (!content)
        return wrong_value_option(
            option, fmt::format("{} from {}: {}", one_line(key), one_line(shown), content.error().message));
    if (!is_utf8(*content))
        return wrong_value_option(option, fmt::format("{} from {} is not valid UTF-8. Convert it with iconv.",
                                                      one_line(key), one_line(shown)));
    return without_last_line_end(*std::move(content));
}

Result<std::string> typed_value(Invocation& in, std::string_view option, std::string_view key,
                                std::string_view otherwise) {
    if (!in.can_ask() || !in.terminal().hidden_line)
        return wrong_value_option(
            option, fmt::format("{} has no value, and nobody can be asked for it. {}", one_line(key), otherwise));
    in.out().flush();
    auto line = in.terminal().hidden_line(fmt::format("{} (not shown): ", one_line(key)));
    if (!line) return wrong_value_option(option, fmt::format("No value was typed for {}.", one_line(key)));
    if (!is_utf8(*line))
        return wrong_value_option(option, fmt::format("What was typed for {} is not valid UTF-8.", one_line(key)));
    return *std::move(line);
}

Result<GivenValues> given_values(Invocation& in, std::string_view option) {
    GivenValues out;
    bool input_is_used = false;
    for (const std::string& given : in.arguments().values(option)) {
        const auto equals = given.find('=');
        const std::string key = given.substr(0, equals);
        if (key.empty())
            return wrong_value_option(option, fmt::format("It takes KEY=VALUE, not '{}'.", one_line(given)));
        Result<std::string> value = std::string();
        if (equals == given.npos) {
            value = typed_value(in, option, key,
                                fmt::format("Say {0}=@FILE, {0}=- for standard input, or {0}=VALUE.", one_line(key)));
        } else if (const auto rest = given.substr(equals + 1); rest == "-") {
            if (std::exchange(input_is_used, true))
                return wrong_value_option(option, "Standard input can give one value only.");
            value = value_from_file(in, option, key, rest);
        } else if (rest.starts_with("@@")) {
            value = rest.substr(1);
            out.in_arguments.push_back(key);
        } else if (rest.starts_with('@')) {
            value = value_from_file(in, option, key, rest.substr(1));
        } else {
            value = rest;
            out.in_arguments.push_back(key);
        }
        if (!value) return value.error();
        out.values[key] = *std::move(value);
    }
    return out;
}

void warn_of_arguments(Invocation& in, const GivenValues& given, const json::object& answer) {
    const auto seen = secrets_named_in(given.in_arguments, answer);
    if (seen.empty()) return;
    in.remark(
        fmt::format("Warning: {} stood on the command line, where others on this machine can see it and shells "
                    "remember it. Next time say --field {}=@FILE, {}=- for standard input, or {} alone to be asked.",
                    fmt::join(seen, ", "), seen.front(), seen.front(), seen.front()));
}

void warn_of_pairs(Invocation& in, const json::object& answer) {
    for (const GivenOption& given : in.arguments().all()) {
        if (given.option.becomes != Becomes::pairs) continue;
        std::vector<std::string> names;
        for (const std::string& pair : given.values) names.push_back(pair.substr(0, pair.find('=')));
        const auto seen = secrets_named_in(names, answer);
        if (seen.empty()) continue;
        in.remark(
            fmt::format("Warning: {} stood on the command line, where others on this machine can see it and shells "
                        "remember it. Next time say --{}-file FILE with lines KEY=VALUE, or --{}-file - for standard "
                        "input.",
                        fmt::join(seen, ", "), given.option.name, given.option.name));
    }
}

}  // namespace mf
