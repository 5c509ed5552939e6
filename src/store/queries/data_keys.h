// SPDX-License-Identifier: MIT
#pragma once

#include "secure/vault.h"
#include "store/database.h"

#include <utility>

namespace mf {

/// A data key of this database, see WrappedKey.
struct StoredKey {
    WrappedKey key;
    Timestamp created_at{};
    std::optional<Timestamp> rotated_at;
};
std::vector<StoredKey> data_keys(Session& session);

/// Tells the vault which data keys there are. To be called in the session in which secrets are about to be opened:
/// somebody else may have made a new key.
void learn_data_keys(Session& session, const Vault& vault);

/// The vault as a session uses it: the data keys are read when the vault is first asked for, since most work on the
/// database opens no secret.
class VaultOfSession {
public:
    /// Both outlive it.
    VaultOfSession(Session& session, Vault& vault) : session_(session), vault_(vault) {}
    Vault& get() {
        if (!std::exchange(knows_keys_, true)) learn_data_keys(session_, vault_);
        return vault_;
    }
    Vault* operator->() { return &get(); }
    Vault& operator*() { return get(); }

private:
    Session& session_;
    Vault& vault_;
    bool knows_keys_ = false;
};

/// The data key to seal with in this transaction.
struct SettledKey {
    std::string id;
    std::int64_t version = 1;
    bool is_new = false;
};
/// Makes the first data key if there is none in use, and tells the vault. In a writing transaction, before anything is
/// sealed; the vault has its master key.
SettledKey settle_data_key(Session& session, const Vault& vault, Timestamp now);

/// From now on secrets are sealed with a new data key; what older ones have sealed can still be opened.
StoredKey rotate_data_key(Session& session, const Vault& vault, Timestamp now);

/// The installation has another master key: no data key can be unwrapped any more, so none is in use.
void retire_data_keys(Session& session, Timestamp now);

}  // namespace mf
