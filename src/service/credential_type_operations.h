// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "service/operation.h"

namespace mf {

void add_credential_type_operations(Operations& operations);

/// Whose type it will be. Only the whole installation may make one for every company.
Result<std::optional<Id<Company>>> owner_of_new_type(Call& call, std::optional<std::int64_t> company);

/// A type that is not retired, by id or uuid. A uuid that several companies have is a conflict.
Result<CredentialType> find_credential_type(Call& call, std::optional<std::int64_t> id,
                                            const std::optional<std::string>& uuid = {});

/// The values that all credentials of the type share.
std::vector<CredentialTypeSetting> settings_of(Call& call, Id<CredentialType> type);

}  // namespace mf
