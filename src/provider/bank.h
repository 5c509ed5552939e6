// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// FioBank: plain data. check() asks whether the interface of the bank answers; the token is not tried, because the
/// bank allows each use of it only every 30 seconds.
class FioBank final : public CredentialProvider {
public:
    explicit FioBank(std::string address = "https://fioapi.fio.cz/") : address_(std::move(address)) {}
    std::string_view code() const override { return "FioBank"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;

private:
    const std::string address_;
};

/// RaiffeisenBank: plain data. check() looks whether all fields have values and the certificate can be read; whether
/// the bank takes it, only the application knows.
class CertificateBank final : public CredentialProvider {
public:
    std::string_view code() const override { return "RaiffeisenBank"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

/// Csas: plain data. check() looks whether the fields that every request needs have values.
class Csas final : public CredentialProvider {
public:
    std::string_view code() const override { return "Csas"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf
