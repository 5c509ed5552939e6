// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential_prototype.h"
#include "domain/definition/credential_prototype_definition.h"
#include "service/application_import.h"

namespace mf {

struct PrototypeImportRequest {
    std::string document;
    std::string file;  ///< as the caller named it, for findings
    DryRun dry_run = DryRun::no;
    Downgrade downgrade = Downgrade::refuse;
    AllowedNames allowed_names = {};
    AuditBy audit = AuditBy::import;
};

struct PrototypeImportResult {
    std::string action;  ///< created, updated, unchanged
    CredentialPrototype prototype;
    std::string version_before;  ///< empty when created
    std::vector<Finding> findings;
    json::object changes;  ///< what differs, by natural keys
    /// Credentials without a value for a newly required field: id, name, missing.
    json::array incomplete_credentials;
    /// Values whose field is not there any more; they are kept: credential_id or credential_type_id, name.
    json::array orphaned_values;
    /// Values that do not fit their field any more: as above, and problem.
    json::array unfit_values;
};

/// Imports one definition in the transaction of the call. It belongs to the stored prototype with its uuid, else to
/// that with its code, which takes the uuid of the file then. Values of credentials are never altered: a field that has
/// left the definition stays, marked as orphaned, while something has a value for it. Errors carry every finding as a
/// field.
Result<PrototypeImportResult> import_credential_prototype(Call& call, const PrototypeImportRequest& request);

/// The definition of a stored prototype. Fails when this program would refuse it.
Result<CredentialPrototypeDefinition> definition_of(Call& call, const CredentialPrototype& prototype);

}  // namespace mf
