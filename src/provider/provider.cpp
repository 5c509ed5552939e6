// SPDX-License-Identifier: MIT
#include "provider/provider.h"

#include "base/text.h"
#include "provider/abra_flexi.h"
#include "provider/bank.h"
#include "provider/env_file.h"
#include "provider/hashicorp_vault.h"
#include "provider/mserver.h"
#include "provider/office365.h"
#include "provider/server_port.h"
#include "provider/vaultwarden.h"

namespace mf {

bool CredentialProvider::is_internal(std::string_view) const { return false; }

Result<std::vector<ProvidedVariable>> CredentialProvider::resolve(const FieldValues&, ProviderContext&) const {
    return std::vector<ProvidedVariable>{};
}

Availability CredentialProvider::check(const FieldValues&, ProviderContext&) const { return {}; }

const CredentialProvider* find_provider(std::string_view code) {
    static const EnvFile env_file;
    static const FioBank fio_bank;
    static const CertificateBank raiffeisen_bank;
    static const Csas csas;
    static const SqlServer sql_server;
    static const DatabaseConnection database_connection;
    static const Mail mail;
    static const Office365 office365;
    static const AbraFlexi abra_flexi;
    static const MServer mserver;
    static const VaultWarden vaultwarden;
    static const HashiCorpVault hashicorp_vault;
    static constexpr auto all = std::to_array<const CredentialProvider*>(
        {&env_file, &fio_bank, &raiffeisen_bank, &csas, &sql_server, &database_connection, &mail, &office365,
         &abra_flexi, &mserver, &vaultwarden, &hashicorp_vault});
    for (const CredentialProvider* each : all)
        if (equal_ignoring_case(each->code(), code)) return each;
    return nullptr;
}

}  // namespace mf
