// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity.h"

namespace mf {

/// A kind of credential, the same for every company. Applications name its code in their requirements.
struct CredentialPrototype {
    Id<CredentialPrototype> id;
    std::string uuid;
    std::string code;
    std::string name;         ///< JSON: text or language map
    std::string description;  ///< JSON: text or language map
    std::string version;
    std::string url;
    std::string homepage;
    TextList tags;
    std::string logo;        ///< file name or data URI
    std::string definition;  ///< the document as it was read
    std::string definition_sha256;
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<CredentialPrototype>();

/// A value that credentials of the kind have.
struct CredentialPrototypeField {
    Id<CredentialPrototypeField> id;
    Id<CredentialPrototype> prototype_id;
    int position = 0;  ///< order in the file; orphaned ones come last
    std::string keyword;
    std::string type;         ///< canonical name, see domain/config_type.h
    std::string name;         ///< JSON: text or language map
    std::string description;  ///< JSON: text or language map
    std::string hint;         ///< JSON: text or language map
    std::optional<std::string> default_value;
    bool required = false;
    bool secret = false;
    std::string options;      ///< JSON array of {value, label}; empty without
    std::string constraints;  ///< JSON object of pattern, minimum, …; empty without
    bool orphaned = false;    ///< the definition does not have it any more, but something has a value for it
};
template <>
const Entity& entity_of<CredentialPrototypeField>();

}  // namespace mf
