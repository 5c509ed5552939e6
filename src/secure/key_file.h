// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <filesystem>
#include <span>

namespace mf {

/// Fills the key from the key file, and makes the file first when it does not exist. See open_vault for the rules.
/// The bytes are read straight into the given memory, copies are wiped.
Result<void> read_or_make_key_file(const std::filesystem::path& file, std::span<unsigned char, 32> key);

}  // namespace mf
