// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace mf {

/// The bytes in the alphabet for addresses, without padding (RFC 4648, section 5; RFC 7515, section 2).
std::string to_base64url(std::string_view bytes);

/// What a signed token (JWS in compact form, RFC 7515) contains, if one of the public keys has signed it. `keys` is a
/// JWK Set (RFC 7517). Taken are RS256 with at least 2048 bits and ES256 (RFC 7518), whatever else the token asks for:
/// neither "none" nor a secret shared with the client. A key counts if its type and algorithm are those of the token,
/// its use is not encryption, and its "kid" is that of the token; a token without one needs a set with one such key.
///
/// not_found: there is no such key, perhaps because the provider has new ones. invalid: everything else; the sentence
/// shows nothing of the token. Says nothing about who issued it for whom, and until when. Thread-safe.
Result<std::string> signed_content(std::string_view token, std::string_view keys);

/// SHA-256 of a text in base 64 for addresses: the code challenge "S256" of a verifier (RFC 7636, section 4.2).
std::string code_challenge(std::string_view verifier);

}  // namespace mf
