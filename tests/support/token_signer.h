// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace mf::testing {

/// A provider's key that signs tokens, made when asked for.
class TokenSigner {
public:
    enum class Kind { rsa, p256 };
    TokenSigner(Kind kind, std::string id);
    ~TokenSigner();

    /// The content as a signed token (RFC 7515), with the name of the key unless that is to be left out.
    std::string sign(std::string_view content, bool named = true) const;
    /// The public halves (RFC 7517).
    static std::string key_set(std::initializer_list<const TokenSigner*> signers);

private:
    struct State;
    const std::unique_ptr<State> state_;
};

}  // namespace mf::testing
