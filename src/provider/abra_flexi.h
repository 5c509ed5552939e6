// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// AbraFlexi: plain data. check() reads the description of the company with the account of the credential.
class AbraFlexi final : public CredentialProvider {
public:
    std::string_view code() const override { return "AbraFlexi"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf
