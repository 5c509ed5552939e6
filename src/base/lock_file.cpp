// SPDX-License-Identifier: MIT
#include "base/lock_file.h"

#include "base/ownership.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

Result<Descriptor> lock_file(const std::filesystem::path& file) {
    Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock)
        return Error{ErrorCode::unavailable,
                     fmt::format("The lock file {} cannot be opened: {}.", file.string(), std::strerror(errno))};
    if (!give_to_owner_of(file.parent_path(), lock))
        return Error{ErrorCode::unavailable,
                     fmt::format("The lock file {} cannot be given to the owner of its directory: "
                                 "{}. Start the server as that user.",
                                 file.string(), std::strerror(errno))};
    // Not flock(2): a child that is just being made would hold that lock on after this process was killed.
    struct flock whole {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0
    };
    if (::fcntl(lock.get(), F_SETLK, &whole) != 0)
        return Error{ErrorCode::conflict, fmt::format("{} is locked by another process.", file.string())};
    return lock;
}

}  // namespace mf
