// SPDX-License-Identifier: MIT
#include "app/work_base.h"

#include "base/lock_file.h"
#include "base/ownership.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

Error failure(const std::filesystem::path& path, std::string_view why) {
    return {ErrorCode::unavailable,
            fmt::format("The work directory {} cannot be made: {}. Let this user write there, or "
                        "set MULTIFLEXI_WORK_DIRECTORY.",
                        path.string(), why)};
}

/// With mode 0700, ours; root may use that of the service.
Result<void> make_private(const std::filesystem::path& path, int flags) {
    const bool is_new = ::mkdir(path.c_str(), 0700) == 0;
    if (!is_new && errno != EEXIST) return failure(path, std::strerror(errno));
    const Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
    struct stat status {};
    if (!opened || ::fstat(opened.get(), &status) != 0) return failure(path, std::strerror(errno));
    if (status.st_uid != ::geteuid() && ::geteuid() != 0) return failure(path, "it belongs to another user");
    // The service may have put it there: root changes nothing behind a link.
    std::error_code gone;
    if (::geteuid() == 0 && std::filesystem::is_symlink(path, gone)) return {};
    if ((status.st_mode & 07777) != 0700 && ::fchmod(opened.get(), 0700) != 0)
        return failure(path, std::strerror(errno));
    if (is_new && !give_to_owner_of(path.parent_path(), opened)) return failure(path, std::strerror(errno));
    return {};
}

}  // namespace

Result<WorkBase> take_work_base(const Settings& settings, std::string_view installation) {
    const auto& given = settings.work_directory;
    const auto around = given.has_filename() ? given : given.parent_path();  // "work/"
    std::error_code problem;
    std::filesystem::create_directories(around.parent_path(), problem);
    if (problem) return failure(around, problem.message());
    // The operator may have put it elsewhere by a link; nobody else makes links for what is inside.
    if (auto made = make_private(around, 0); !made) return made.error();
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
    if (auto made = make_private(base.path, O_NOFOLLOW); !made) return made.error();
    return base;
}

}  // namespace mf
