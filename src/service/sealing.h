// SPDX-License-Identifier: MIT
#pragma once

#include "secure/vault.h"
#include "service/operation.h"

namespace mf {

/// To be called before anything is sealed: takes the master key, notes it with the first secret of the database, and
/// gives the id of the data key to seal with in this transaction.
/// unavailable: the key cannot be had, or it is not the one that the secrets of this database are sealed with.
Result<std::string> settle_key(Call& call);

/// settle_key() and Vault::seal() in one.
Result<std::string> seal(Call& call, std::string_view secret, const Place& place);

}  // namespace mf
