// SPDX-License-Identifier: MIT
#pragma once

#include "cli/invocation.h"

// Values of credentials on the command line. Arguments of a program can be read by everybody on the machine, so there
// are other ways to say a secret.

namespace mf {

/// Values that were given with an option that takes, again and again,
///   KEY=VALUE  the value itself ("@@x" is "@x")
///   KEY=@FILE  the content of the file, without the line end at its end
///   KEY=-      what standard input has, likewise; once only
///   KEY        asks, and shows nothing of what is typed; only where somebody can be asked
struct GivenValues {
    json::object values;
    std::vector<std::string> in_arguments;  ///< names whose value stood on the command line
};
Result<GivenValues> given_values(Invocation& in, std::string_view option);

/// A remark about those values that stood on the command line although they are secrets, as an answer of the operation
/// tells in "secret_fields".
void warn_of_arguments(Invocation& in, const GivenValues& given, const json::object& answer);

/// Likewise about values of the options KEY=VALUE (Becomes::pairs) of the command, for which there is --OPTION-file.
void warn_of_pairs(Invocation& in, const json::object& answer);

/// One value: of the file that the option names ("-": standard input), without the line end at its end; or typed and
/// not shown, where somebody can be asked. `key` is the name for people; `otherwise` a sentence that says what to type
/// where nobody can be asked.
Result<std::string> value_from_file(Invocation& in, std::string_view option, std::string_view key,
                                    const std::string& name);
Result<std::string> typed_value(Invocation& in, std::string_view option, std::string_view key,
                                std::string_view otherwise);

/// The option itself, and --NAME-file for files of KEY=VALUE lines.
constexpr Option value_option(std::string_view name, std::string_view help) {
    return {.name = name, .takes = Takes::list, .help = help, .key = "fields", .becomes = Becomes::local};
}

}  // namespace mf
