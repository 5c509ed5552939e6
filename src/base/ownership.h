// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"

#include <filesystem>

namespace mf {

/// Root may start a server once by hand; the service, which runs as the owner of the directories, must still get in. So
/// what root has made, and still owns, is given to the owner of that directory. False: that was refused (errno).
/// Nothing happens for other users.
bool give_to_owner_of(const std::filesystem::path& directory, const Descriptor& made);

}  // namespace mf
