// SPDX-License-Identifier: MIT
#include "app/draft_file.h"

#include "base/descriptor.h"
#include "base/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <vector>

namespace mf {
namespace {

Error problem(const std::filesystem::path& target, int reason) {
    const auto* remedy = reason == ENOENT ? "Create its directory first."
                         : reason == ENOSPC || reason == EDQUOT
                             ? "Free some space there, or name a file on another file system."
                             : "Give this user the right to write to its directory, or name another file.";
    return {ErrorCode::unavailable,
            fmt::format("{} cannot be written: {}. {}", target.string(), std::strerror(reason), remedy)};
}

}  // namespace

Result<std::unique_ptr<DraftFile>> DraftFile::beside(const std::filesystem::path& target) {
    // A symbolic link stays one.
    std::error_code ignored;
    auto place = std::filesystem::weakly_canonical(target, ignored);
    if (ignored) place = target;
    auto name = place.string() + ".XXXXXX";
    const Descriptor made(::mkostemp(name.data(), O_CLOEXEC));  // with the permissions 0600
    if (!made) return problem(target, errno);
    return std::unique_ptr<DraftFile>(new DraftFile(std::move(place), name));
}

DraftFile::~DraftFile() {
    if (!moved_) ::unlink(path_.c_str());
    for (const auto* side : {"-journal", "-wal", "-shm"}) ::unlink((path_.string() + side).c_str());
}

Result<DraftFile::Written> DraftFile::commit() {
    Written written;
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) return problem(target_, errno);
    Sha256 digest;
    std::vector<char> buffer(1 << 20);
    for (;;) {
        const auto count = ::read(file.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return problem(target_, errno);
        if (count == 0) break;
        digest.add({buffer.data(), static_cast<std::size_t>(count)});
        written.bytes += count;
    }
    written.sha256 = digest.hex();
    if (::rename(path_.c_str(), target_.c_str()) != 0) return problem(target_, errno);
    moved_ = true;
    const auto parent = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
    const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return problem(target_, errno);
    return written;
}

}  // namespace mf
