// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// mServer of Stormware Pohoda: plain data. check() asks for its state with the account of the credential.
class MServer final : public CredentialProvider {
public:
    std::string_view code() const override { return "mServer"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf
