// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

// Time-based one-time passwords (RFC 6238) as every authenticator program makes them: SHA-1, 6 digits, 30 seconds.
// Secrets are texts in base 32 (RFC 4648, section 6); keep them sealed (secure/vault.h). All functions are thread-safe,
// and throw std::runtime_error when liboath is not installed.

/// 160 random bits, 32 characters without padding.
std::string new_totp_secret();

/// What the picture for authenticator programs says: "otpauth://totp/ISSUER:LOGIN?secret=...". It contains the secret:
/// draw it here, and let no other service do so.
std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view login);

/// The number of the 30-second step (since 1970) whose code this is; none when it is that of no step nearby. The step
/// of now counts, and one before and behind it, for clocks that differ. A code is good once (RFC 6238, section 5.2):
/// steps up to the last used one are out. Store the step before anybody is let in, and count failures: there are only a
/// million codes. Blanks in the code are ignored. Throws std::invalid_argument when the secret is not in base 32, or
/// empty.
std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, Timestamp now,
                                          std::optional<std::int64_t> last_used_step);

}  // namespace mf
