// SPDX-License-Identifier: MIT
#pragma once

#include "cli/definition_outcome.h"
#include "cli/input_file.h"
#include "cli/invocation.h"

// What the commands about definition files of any kind have in common.

namespace mf {

struct DefinitionKind {
    std::string_view noun;      ///< "application", in sentences
    std::string_view schema;    ///< of published_schema_text()
    std::string_view validate;  ///< the operation that checks one
    DefinitionFiles files;      ///< which files of a directory are meant
};

using DefinitionWork = FileOutcome (*)(Invocation&, const std::string& file, const std::string& content);

/// Each file of --file, each file of the kind in each directory, and standard input for "-". The exit code: 1 when one
/// failed.
int for_each_definition(Invocation& in, const DefinitionKind& kind, DefinitionWork work);

/// Asks the operation of the command, which is the one of the kind that validates.
FileOutcome validate_definition(Invocation& in, const DefinitionKind& kind, const std::string& file,
                                const std::string& content);
template <const DefinitionKind& kind>
FileOutcome validate_definition(Invocation& in, const std::string& file, const std::string& content) {
    return validate_definition(in, kind, file, content);
}

/// A document that an import refused, with everything that validation finds.
FileOutcome rejected_definition(Invocation& in, const DefinitionKind& kind, const json::object& input,
                                const std::string& file, const Error& error);

/// "1.0 -> 1.1" of a value, "+ NEW, ~ CHANGED, - GONE" of a section.
std::string change_text(const json::object& change);

inline constexpr Option definition_file_option{
    .name = "file",
    .takes = Takes::list,
    .help = "Definition file, directory of definitions, or - for standard input",
    .becomes = Becomes::local,
    .aliases = {"json"},
    .file_name = true};

}  // namespace mf
