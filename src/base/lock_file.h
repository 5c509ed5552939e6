// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"

#include <filesystem>

namespace mf {

/// Makes the file when it is missing, and locks it for this process until the descriptor is closed or the process has
/// ended, however it ended; no child inherits the lock. A file that root makes belongs to the owner of its directory.
/// conflict: another process holds it, the message says which file. unavailable: it cannot be opened.
/// The file may be opened once only in a process: closing any descriptor of it lets go (man 2 fcntl).
Result<Descriptor> lock_file(const std::filesystem::path& file);

}  // namespace mf
