// SPDX-License-Identifier: MIT
#pragma once

#include "secure/secret_key.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

inline constexpr std::size_t gcm_tag_size = 16;

/// AES-256-GCM (NIST SP 800-38D): ciphertext and then a tag of 16 bytes, which covers `bound` too. A nonce of 12 bytes.
std::string encrypt_gcm(const SecretKey& key, std::string_view nonce, std::string_view plain, std::string_view bound);
/// None: anything of it was altered, or it was another key.
std::optional<std::string> decrypt_gcm(const SecretKey& key, std::string_view nonce, std::string_view sealed,
                                       std::string_view bound);

/// AES-256-CBC with the padding of PKCS #7, which says nothing about alterations: for what the former MultiFlexi wrote.
std::optional<std::string> decrypt_cbc(const SecretKey& key, std::string_view iv, std::string_view sealed);

}  // namespace mf
