// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "secure/seal.h"

#include <memory>
#include <string>
#include <string_view>

namespace mf {

// What the former MultiFlexi wrote: a value is a JSON object with ciphertext, iv and tag in base 64, an algorithm, and
// the name and version of its data key; a data key is base64(iv ‖ AES-256-CBC(key)) under the master key.

/// Is it such a value?
bool is_legacy_envelope(std::string_view text);

/// "credentials/2": name and version of the data key of a value; empty: it is no such value.
std::string legacy_key_name(std::string_view envelope);

/// Null: it is no such key, or another master key.
std::unique_ptr<const SecretKey> unwrap_legacy_key(const SecretKey& master, std::string_view wrapped);

/// The secret. The seal does not know its place, which is only for the error.
Result<std::string> open_legacy(const SecretKey& data_key, std::string_view envelope, const Place& place);

}  // namespace mf
