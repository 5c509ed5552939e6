// SPDX-License-Identifier: MIT
#include "base/ownership.h"

#include <sys/stat.h>
#include <unistd.h>

namespace mf {

bool give_to_owner_of(const std::filesystem::path& directory, const Descriptor& made) {
    struct stat home {
    }, own{};
    if (::geteuid() != 0 || ::stat(directory.c_str(), &home) != 0 || home.st_uid == 0) return true;
    if (::fstat(made.get(), &own) != 0 || own.st_uid != 0) return true;
    return ::fchown(made.get(), home.st_uid, home.st_gid) == 0;
}

}  // namespace mf
