// SPDX-License-Identifier: MIT
#pragma once

#include "cli/definition_files.h"

// What the commands about definitions of credential prototypes and types have in common.

namespace mf {

FileOutcome import_credential_definition(Invocation& in, const DefinitionKind& kind, const std::string& file,
                                         const std::string& content);
template <const DefinitionKind& kind>
FileOutcome import_credential_definition(Invocation& in, const std::string& file, const std::string& content) {
    return import_credential_definition(in, kind, file, content);
}

/// Writes what the operation of the command gives to --file; "-" is standard output.
int export_definition(Invocation& in, const DefinitionKind& kind);

/// A record with its "fields": a member with -f json, a grid below it as text.
int answer_with_fields(Invocation& in, json::object record, const json::object& canonical);

}  // namespace mf
