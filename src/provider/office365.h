// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// Office365: plain data. With OFFICE365_CLIENTID and OFFICE365_CLSECRET check() asks for a token of the application
/// (client credentials, RFC 6749, section 4.4) and throws it away; without them nothing can be tried, because the
/// account of a person may need a second factor. OFFICE365_TENANT is a name ("contoso" means contoso.onmicrosoft.com),
/// a domain or a UUID.
class Office365 final : public CredentialProvider {
public:
    explicit Office365(std::string address = "https://login.microsoftonline.com") : address_(std::move(address)) {}
    std::string_view code() const override { return "Office365"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;

private:
    const std::string address_;  ///< without '/' at its end
};

}  // namespace mf
