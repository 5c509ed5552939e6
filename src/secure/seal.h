// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "secure/secret_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// Where a sealed text is kept. It is part of the seal: a text moved to another row does not open.
struct Place {
    std::string_view table;
    std::string_view column;
    std::int64_t row = 0;  ///< the row must have its number before its secrets are sealed
};

/// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, as
///     v1:<id of the key>:<nonce in base 64>:<ciphertext and tag in base 64>
/// Throws std::length_error beyond 64 MiB.
std::string seal_with(const SecretKey& key, std::string_view secret, const Place& place);

/// The id of the key that a text was sealed with; none: it is no sealed text.
std::optional<std::string_view> key_of_sealed(std::string_view sealed);

/// The secret, or why there is none: damaged, or moved here from another place. The key is the one that was sealed
/// with.
Result<std::string> open_with(const SecretKey& key, std::string_view sealed, const Place& place);

/// "The secret in … cannot be opened: {reason}". Shows nothing of the text.
Error cannot_open(const Place& place, std::string_view reason);

/// Damaged, or copied from another place; what to do.
extern const std::string_view damaged_secret;

}  // namespace mf
