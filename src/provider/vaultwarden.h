// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

#include <mutex>

namespace mf {

/// VaultWarden: variables from a vault of Bitwarden or Vaultwarden, by way of `bw serve`, the interface of the official
/// program, which does the decryption (REST, https://bitwarden.com/help/vault-management-api/). The program must be
/// logged in there; a vault that is locked is unlocked with VAULTWARDEN_PASSWORD and locked again afterwards.
///
/// VAULTWARDEN_URL, VAULTWARDEN_EMAIL  whose vault is meant. Nothing is read when `bw serve` has another account.
/// VAULTWARDEN_PASSWORD   the master password. It is tried each time, also where the vault is open: who does not know
/// it
///                        gets nothing, even when somebody else has opened the vault.
/// VAULTWARDEN_FOLDER     only items of the folder with this name; empty: items of all folders
/// VAULTWARDEN_ITEMS      optional: lines NAME=item/field; see below
/// BW_SERVE_URL           where `bw serve` listens, http://127.0.0.1:8087 unless set
///
/// Without VAULTWARDEN_ITEMS
///   * each custom field of an item whose name is a keyword (capital letters, digits, '_') becomes that variable,
///   * each item whose name is a keyword gives its login's password as that variable,
///   * names that decide which code a job runs, and those of the platform, are left out (is_name_for_all).
/// Different values for one name are an error. With VAULTWARDEN_ITEMS exactly the named values become variables: the
/// field is password, username, uri (the first), notes, or the name of a custom field; without '/' it is password.
/// Items in the trash do not count. Every value is secret, but those of fields with a check box.
class VaultWarden final : public CredentialProvider {
public:
    std::string_view code() const override { return "VaultWarden"; }
    bool is_internal(std::string_view keyword) const override;
    bool resolves() const override { return true; }
    bool is_remote() const override { return true; }
    bool checks() const override { return true; }
    Result<std::vector<ProvidedVariable>> resolve(const FieldValues& fields, ProviderContext& context) const override;
    /// Looks whether the account is the right one and its server can be reached; does not unlock.
    Availability check(const FieldValues& fields, ProviderContext& context) const override;

private:
    // `bw serve` has one vault and one lock: calls that overlap would lock each other out.
    mutable std::timed_mutex turn_;
};

}  // namespace mf
