// SPDX-License-Identifier: MIT
#pragma once

#include "service/credential_values.h"

#include <set>

// The values of credentials. Each change of them makes a new version, in which every value stands, sealed for its own
// row.

namespace mf {

Result<Credential> find_credential(Call& call, std::int64_t id);

/// The same for a change of its values: others who change it at the same moment wait until the transaction ends, so
/// that each change goes on from the values of the one before it.
Result<Credential> find_credential_to_change(Call& call, std::int64_t id);

/// The values of a version as they are stored.
StoredValues stored_values(Call& call, const Credential& credential, std::int64_t version);

/// The same, opened. Fails with a sentence that names the credential and the field of a value that does not open; those
/// in `except` are left out and need not.
Result<CheckedValues> opened_values(Call& call, const Credential& credential, std::int64_t version,
                                    const std::set<std::string, std::less<>>& except = {});

/// What a change of values leads to.
struct CredentialChange {
    CheckedValues values;  ///< all that there are now
    TextList changed;      ///< names; empty: nothing was changed
};

/// The values of the version in use with what was given and removed. Every complaint at once.
Result<CredentialChange> changed_values(Call& call, const Credential& credential,
                                        std::span<const CredentialField> fields, const TextMap& given,
                                        const TextList& removed);

/// The first version of a credential that was just inserted.
Result<void> store_first_version(Call& call, const Credential& credential, const CheckedValues& values,
                                 std::string note);

/// Makes the values the version in use; what was known about the thing behind them is forgotten, and versions beyond
/// Call::credential_versions go. conflict: somebody else did so meanwhile.
Result<Credential> store_next_version(Call& call, const Credential& before, const CredentialChange& change,
                                      std::string note);

/// Run templates, not removed ones, that have the credential: id, name, active, next_launch.
json::array users_of(Call& call, const Credential& credential);

/// Of a company that is removed: its credentials and types stay for the history, without any of their values.
void retire_credentials(Call& call, Id<Company> of);

/// "3 (Nightly), 4 (Hourly)".
std::string list_of_users(const json::array& users);

}  // namespace mf
