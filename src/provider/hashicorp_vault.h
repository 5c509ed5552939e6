// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// HashiCorpVault: variables from one secret of a key/value engine, version 2, of HashiCorp Vault or OpenBao
/// (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2).
///
/// VAULT_ADDR        where it is, https://vault.example.org:8200
/// VAULT_NAMESPACE   optional
/// VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID   the account: a token, or AppRole (auth/approle), whose token is
///                   revoked after each use
/// VAULT_MOUNT       of the engine, "secret" unless set
/// VAULT_PATH        of the secret in it
/// VAULT_FIELDS      optional: lines NAME=key
/// VAULT_CACERT      optional: PEM file with the authorities to trust, on the machine of the server
///
/// Without VAULT_FIELDS each key becomes a variable: small letters become capitals, what is no letter, digit or '_'
/// becomes '_' (keyword_from). Two keys that become one name are an error; names that decide which code a job runs, and
/// those of the platform, are left out (is_name_for_all). With VAULT_FIELDS exactly the named keys become variables.
/// Texts are taken as they are, numbers, truth values, lists and objects as JSON, null not at all. Every value is
/// secret, but truth values.
class HashiCorpVault final : public CredentialProvider {
public:
    std::string_view code() const override { return "HashiCorpVault"; }
    bool is_internal(std::string_view keyword) const override;
    bool resolves() const override { return true; }
    bool is_remote() const override { return true; }
    bool checks() const override { return true; }
    Result<std::vector<ProvidedVariable>> resolve(const FieldValues& fields, ProviderContext& context) const override;
    /// Looks whether the vault is open and takes the account; reads no secret.
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf
