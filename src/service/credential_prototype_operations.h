// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential_prototype.h"
#include "domain/definition/application_definition.h"
#include "service/built_in_credentials.h"
#include "service/operation.h"

namespace mf {

void add_credential_prototype_operations(Operations& operations);

/// By id, uuid or code; the code in any case when none has it as it is written.
Result<CredentialPrototype> find_credential_prototype(Call& call, std::optional<std::int64_t> id,
                                                      const std::optional<std::string>& uuid,
                                                      const std::optional<std::string>& code);

/// Registers prototypes that a program brings along, or updates them, and says how many of which: {processed, created,
/// updated, errors, skipped, problems}. Skipped is what is there already, what is installed in a newer version, and a
/// code that belongs to a prototype with another uuid: that one is somebody's own.
json::object sync_credential_prototypes(Call& call, const std::vector<BuiltInPrototype>& brought);

/// Codes and keywords of all that are installed, for checking the requirements of applications.
std::vector<KnownPrototype> known_prototypes(Session& session);

}  // namespace mf
