// SPDX-License-Identifier: MIT
#pragma once

#include "cli/invocation.h"

namespace mf {

/// The options with which a command takes a password: --password-file FILE ("-" is standard input), and --plaintext or
/// --password, whose value is "-", "@FILE", or the password itself, which brings a warning: other users of the machine
/// can read it.
inline constexpr Option password_file_option{.name = "password-file",
                                             .help = "Read the password from this file, '-' is standard input",
                                             .becomes = Becomes::local,
                                             .file_name = true};
inline constexpr Option plaintext_option{.name = "plaintext",
                                         .takes = Takes::optional_value,
                                         .help = "'-' or @FILE to read the password from; or itself, which is unsafe",
                                         .becomes = Becomes::local};
inline constexpr Option password_option{.name = "password",
                                        .takes = Takes::optional_value,
                                        .help = "Likewise; may also be the hash of a password",
                                        .becomes = Becomes::local};

enum class IfNoPassword { leave_out, ask };

/// Puts the password, if one is given, into the input: as "password", or as "plaintext" when it came with that option.
/// Otherwise a person at a terminal may be asked, twice.
Result<void> take_password(Invocation& in, json::object& input, IfNoPassword otherwise);

/// What the value of an option says: "-" is standard input, "@FILE" the first line of a file, anything else is the
/// secret itself, which brings the warning. `what` names it for people: "a password".
Result<std::string> secret_argument(Invocation& in, std::string_view option, const std::string& value,
                                    std::string_view what);

/// Asks a person at the terminal without showing the answer. invalid: there is nobody to ask, or no answer.
Result<std::string> ask_secret(Invocation& in, std::string_view prompt);

/// The first line of a file, or of standard input ("-"), without its end.
Result<std::string> secret_from_file(const std::string& name, Terminal& terminal);

/// A remark about a file with a secret (`what`: "the token") that group or others may use; none about standard input.
void warn_of_open_file(Invocation& in, const std::string& name, std::string_view what);

}  // namespace mf
