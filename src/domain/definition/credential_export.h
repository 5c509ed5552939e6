// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/credential_prototype_definition.h"
#include "domain/definition/definition_diff.h"

#include <string>

namespace mf {

/// The definition as a file: everything that it says, in a fixed order of keys and in the words of the published
/// schema, and behind that every key of the original document that we do not know (of a type only inside its fields:
/// its schema allows no others at the top). Reading it again gives the same meaning. Only types of fields that the
/// dialect has no word for (a decimal number in a prototype, an e-mail address in a credential type) keep our own word,
/// which readers of the schema refuse.
std::string export_credential_prototype(const CredentialPrototypeDefinition& definition);
std::string export_credential_type(const CredentialTypeDefinition& definition);

/// Natural keys: keyword of a field, language of name or description.
DefinitionDiff compare_definitions(const CredentialPrototypeDefinition& from, const CredentialPrototypeDefinition& to);
DefinitionDiff compare_definitions(const CredentialTypeDefinition& from, const CredentialTypeDefinition& to);

/// Do two definitions mean the same, whatever their texts look like? The order of fields is part of the meaning.
bool same_meaning(const CredentialPrototypeDefinition& a, const CredentialPrototypeDefinition& b);
bool same_meaning(const CredentialTypeDefinition& a, const CredentialTypeDefinition& b);

/// "FioBank" becomes "fiobank" with this ending: ".credprototype.json", ".credential-type.json".
std::string suggested_file_name(std::string_view code, std::string_view ending);

}  // namespace mf
