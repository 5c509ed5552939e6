// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "service/operation.h"

// How answers show the tiers of credentials.

namespace mf {

/// The columns without the document, which has an operation of its own. "name" and "description" are texts, and
/// "localized" has them by language.
json::object prototype_record(const CredentialPrototype& prototype);
json::object type_record(const CredentialType& type);

/// keyword, type, name, description, hint, default_value (masked when secret), required, secret, options, constraints,
/// orphaned for each; texts as the definition has them.
json::array field_records(std::span<const CredentialField> fields);

/// The fields of a type, or of a prototype alone.
std::vector<CredentialField> fields_of_type(Call& call, const CredentialType& type);
std::vector<CredentialField> fields_of_prototype(Call& call, Id<CredentialPrototype> id);

}  // namespace mf
