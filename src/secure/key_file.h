// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <filesystem>
#include <span>

namespace mf {

enum class IfMissing { make, refuse };

/// Fills the key from the key file. One that does not exist is made first, or refused with not_found. See open_vault
/// for the rules. The bytes are read straight into the given memory, copies are wiped.
Result<void> read_key_file(const std::filesystem::path& file, std::span<unsigned char, 32> key, IfMissing if_missing);

}  // namespace mf
