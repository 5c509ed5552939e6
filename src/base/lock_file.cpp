// SPDX-License-Identifier: MIT
#include "base/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

/// Root may start a server once by hand; the service must still get in.
void give_to_owner_of_directory(const Descriptor& lock, const std::filesystem::path& file) {
    struct stat home {
    }, own{};
    if (::geteuid() != 0 || ::stat(file.parent_path().c_str(), &home) != 0 || home.st_uid == 0) return;
    if (::fstat(lock.get(), &own) != 0 || own.st_uid != 0) return;
    // Where it is refused the service will say that it cannot open the file.
    if (::fchown(lock.get(), home.st_uid, home.st_gid) != 0) return;
}

}  // namespace

Result<Descriptor> lock_file(const std::filesystem::path& file) {
    Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock)
        return Error{ErrorCode::unavailable,
                     fmt::format("The lock file {} cannot be opened: {}.", file.string(), std::strerror(errno))};
    give_to_owner_of_directory(lock, file);
    // Not flock(2): a child that is just being made would hold that lock on after this process was killed.
    struct flock whole {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0
    };
    if (::fcntl(lock.get(), F_SETLK, &whole) != 0)
        return Error{ErrorCode::conflict, fmt::format("{} is locked by another process.", file.string())};
    return lock;
}

}  // namespace mf
