// SPDX-License-Identifier: MIT
#pragma once

#include "domain/config_type.h"
#include "domain/credential_prototype.h"
#include "domain/run_template.h"

// The tiers: prototype (what kind) -> type (how a company uses that kind) -> credential (values) -> run templates.

namespace mf {

/// A credential prototype as one company, or every company, uses it.
struct CredentialType {
    Id<CredentialType> id;
    std::optional<Id<Company>> company_id;  ///< none: for every company
    std::int64_t owner = 0;                 ///< the company, or 0; part of the unique key
    std::string uuid;
    std::string name;                                     ///< in the default language
    std::string description;                              ///< JSON: text or language map
    std::optional<Id<CredentialPrototype>> prototype_id;  ///< none: it is not installed
    std::string prototype;                                ///< its code
    std::string url;
    std::string logo;
    std::int64_t version = 1;  ///< the first number of the definition's version
    std::string definition;    ///< the document as it was read; empty when made by hand
    std::string definition_sha256;
    std::optional<std::int64_t> live = 1;  ///< none: retired
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<CredentialType>();

/// A field that a type has beside those of its prototype, or that says more about one of those.
struct CredentialTypeField {
    Id<CredentialTypeField> id;
    Id<CredentialType> credential_type_id;
    std::optional<Id<Company>> company_id;
    int position = 0;
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
    bool orphaned = false;    ///< see CredentialPrototypeField
};
template <>
const Entity& entity_of<CredentialTypeField>();

/// A value that all credentials of a type share.
struct CredentialTypeSetting {
    Id<CredentialTypeSetting> id;
    Id<CredentialType> credential_type_id;
    std::optional<Id<Company>> company_id;
    std::string name;
    std::string value;  ///< sealed text when sealed
    bool sealed = false;
};
template <>
const Entity& entity_of<CredentialTypeSetting>();

/// A named set of values of one company. The values are those of its version.
struct Credential {
    Id<Credential> id;
    Id<Company> company_id;
    Id<CredentialType> credential_type_id;
    std::string name;
    std::int64_t version = 1;
    std::string state = "unknown";         ///< of the thing behind it, when it was last looked at
    std::string message;                   ///< a sentence about that
    std::optional<Timestamp> checked_at;   ///< none: nobody has looked yet
    std::optional<Timestamp> valid_until;  ///< until when that counts
    std::optional<std::int64_t> live = 1;  ///< none: removed, without any values
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<Credential>();

/// One state of the values of a credential: who made it, and which values it changed.
struct CredentialVersion {
    Id<CredentialVersion> id;
    Id<Credential> credential_id;
    Id<Company> company_id;
    std::int64_t version = 1;
    TextList changed;  ///< names, never values
    std::string note;
    Id<User> created_by;
    Timestamp created_at{};
};
template <>
const Entity& entity_of<CredentialVersion>();

struct CredentialValue {
    Id<CredentialValue> id;
    Id<Credential> credential_id;
    Id<Company> company_id;
    std::int64_t version = 1;
    std::string name;
    std::string value;  ///< sealed text when sealed
    bool sealed = false;
};
template <>
const Entity& entity_of<CredentialValue>();

/// Jobs of the run template get the credential.
struct RunTemplateCredential {
    Id<RunTemplateCredential> id;
    Id<RunTemplate> runtemplate_id;
    Id<Company> company_id;
    Id<Credential> credential_id;
    std::int64_t position = 0;  ///< order of assignment; of two that give a variable the later one wins
};
template <>
const Entity& entity_of<RunTemplateCredential>();

/// What is known about one value of a credential.
struct CredentialField {
    std::string keyword;
    ConfigType type = ConfigType::string;
    std::string name, description, hint;  ///< JSON: text or language map
    std::optional<std::string> default_value;
    bool required = false;
    bool secret = false;  ///< by flag or type
    std::string options, constraints;
    bool orphaned = false;
};

/// The fields of a type: those of its prototype in their order, then its own. What the type says about a field of the
/// prototype counts, but it can make nothing optional that is required, and nothing open that is secret.
std::vector<CredentialField> merged_fields(std::span<const CredentialPrototypeField> prototype,
                                           std::span<const CredentialTypeField> type);

const CredentialField* find_field(std::span<const CredentialField> fields, std::string_view keyword);

}  // namespace mf
