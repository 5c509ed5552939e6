// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "domain/definition/credential_prototype_definition.h"
#include "service/application_import.h"

namespace mf {

struct TypeImportRequest {
    std::string document;
    std::string file;                         ///< as the caller named it, for findings
    std::optional<Id<Company>> company = {};  ///< none: for every company
    DryRun dry_run = DryRun::no;
    Downgrade downgrade = Downgrade::refuse;
    AllowedNames allowed_names = {};
};

struct TypeImportResult {
    std::string action;  ///< created, updated, unchanged
    CredentialType type;
    std::string version_before;  ///< empty when created
    std::vector<Finding> findings;
    json::object changes;  ///< what differs, by natural keys
    /// As those of a prototype (credential_prototype_import.h).
    json::array incomplete_credentials, orphaned_values, unfit_values;
};

/// Imports one definition in the transaction of the call. It belongs to the type with its uuid of this company, or of
/// every company. Its prototype is that of the key "prototype" (or "class"), else that of its code; one that is not
/// installed is found as soon as it is. Values of credentials are never altered.
Result<TypeImportResult> import_credential_type(Call& call, const TypeImportRequest& request);

/// The definition of a stored type; of one that was made by hand, what it says. Fails when this program would refuse
/// it.
Result<CredentialTypeDefinition> definition_of(Call& call, const CredentialType& type);

/// Names the prototype with this code, in any case, or the bare code when none is installed.
void set_prototype(Call& call, CredentialType& type, const std::string& code);

}  // namespace mf
