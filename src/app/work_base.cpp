// SPDX-License-Identifier: MIT
#include "app/work_base.h"

#include "base/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

Result<WorkBase> take_work_base(const Settings& settings, std::string_view installation) {
    const auto& around = settings.work_directory;
    const auto failure = [](const std::filesystem::path& path, std::string_view why) {
        return Error{ErrorCode::unavailable,
                     fmt::format("The work directory {} cannot be made: {}. Let this user write there, or set "
                                 "MULTIFLEXI_WORK_DIRECTORY.",
                                 path.string(), why)};
    };
    std::error_code problem;
    std::filesystem::create_directories(around, problem);
    if (!problem) std::filesystem::permissions(around, std::filesystem::perms::owner_all, problem);
    if (problem) return failure(around, problem.message());
    // Short: jobs put sockets into it, whose paths have at most 107 characters.
    WorkBase base{.path = around / fmt::format("{}-{}", installation.substr(0, 8), settings.node),
                  .lock = Descriptor()};
    auto lock = lock_file(base.path.string() + ".lock");
    if (!lock && lock.error().code == ErrorCode::conflict)
        return Error{
            ErrorCode::conflict,
            fmt::format("Another server uses the work directory {}, perhaps with a copy of this database. Stop "
                        "it, or set MULTIFLEXI_WORK_DIRECTORY to another directory.",
                        base.path.string())};
    if (!lock) return lock.error();
    base.lock = *std::move(lock);
    if (::mkdir(base.path.c_str(), 0700) != 0 && errno != EEXIST) return failure(base.path, std::strerror(errno));
    const Descriptor opened(::open(base.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!opened || ::fstat(opened.get(), &status) != 0) return failure(base.path, std::strerror(errno));
    if (status.st_uid != ::geteuid()) return failure(base.path, "it belongs to another user");
    if ((status.st_mode & 07777) != 0700 && ::fchmod(opened.get(), 0700) != 0)
        return failure(base.path, std::strerror(errno));
    return base;
}

}  // namespace mf
