// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "service/operation.h"

namespace mf {

void add_credential_operations(Operations& operations);
void add_credential_version_operations(Operations& operations);
void add_credential_check_operation(Operations& operations);

/// The columns of a credential with "prototype" (the code) and "credential_type" (the name).
json::object credential_record(const Credential& credential, const CredentialType& type);

/// The type of a credential, also one that was removed meanwhile.
Result<CredentialType> type_of_credential(Call& call, const Credential& credential);

/// The record of a credential with its values, masked; and what it lacks, as "warnings".
Result<json::object> whole_credential(Call& call, const Credential& credential);

}  // namespace mf
