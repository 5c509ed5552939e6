// SPDX-License-Identifier: MIT
#pragma once

#include "support/child_program.h"
#include "support/temporary_directory.h"

#include <memory>
#include <string>

namespace mf::testing {

/// A real provider of OpenID Connect with its people and clients (provider.mjs). On the loopback; gone with the object.
class ProviderStand {
public:
    /// Nothing, with the reason printed, when the programs are not installed (scripts/setup does that).
    /// MULTIFLEXI_REQUIRE_SERVERS=1 turns that into an exception.
    static std::unique_ptr<ProviderStand> start();

    static constexpr const char* redirect = "http://127.0.0.1/openid";
    static constexpr const char* client = "office";  ///< has the secret
    static constexpr const char* secret = "s:cr+t/ %41";
    static constexpr const char* public_client = "public";
    static constexpr const char* email = "alice@example.com";
    static constexpr const char* verified = "person-1";      ///< somebody whose address that is
    static constexpr const char* not_verified = "person-2";  ///< somebody who only says so

    const std::string& issuer() const { return issuer_; }

private:
    ProviderStand();

    const TemporaryDirectory directory_;
    std::unique_ptr<ChildProgram> program_;
    std::string issuer_;
};

}  // namespace mf::testing
