// SPDX-License-Identifier: MIT
#include "execute/artifact_reader.h"

#include "base/text.h"
#include "execute/mime.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

namespace {

constexpr std::size_t bytes_at_once = 256 * 1024;

Error unreadable(const std::string& name, std::string_view why) {
    return {ErrorCode::unavailable, fmt::format("The artifact {} cannot be read: {}.", to_utf8(name), why)};
}

}  // namespace

ArtifactReader::ArtifactReader(Descriptor file, std::string name, std::uint64_t left)
    : file_(std::move(file)), name_(std::move(name)), left_(left), buffer_(bytes_at_once) {}

Result<ArtifactReader> ArtifactReader::open(const WorkDirectory& directory, const FoundArtifact& artifact) {
    // Not blocking: a named pipe put in place of the file would hold us for ever.
    open_how how{.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, .mode = 0, .resolve = 0};
    if (artifact.is_inside) how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const int parent = artifact.is_inside ? directory.descriptor() : AT_FDCWD;
    const std::string path = artifact.is_inside ? artifact.name : artifact.path.string();
    Descriptor file(static_cast<int>(::syscall(SYS_openat2, parent, path.c_str(), &how, sizeof how)));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return unreadable(artifact.name, error_text(errno));
    if (!S_ISREG(status.st_mode)) return unreadable(artifact.name, "it is no regular file any more");
    return ArtifactReader(std::move(file), artifact.name, static_cast<std::uint64_t>(status.st_size));
}

Result<std::string_view> ArtifactReader::next() {
    std::size_t filled = 0;
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), left_));
    while (filled < wanted) {
        const auto count = ::read(file_.get(), buffer_.data() + filled, wanted - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable(name_, error_text(errno));
        if (count == 0) break;  // cut off meanwhile
        filled += static_cast<std::size_t>(count);
    }
    const std::string_view bytes(buffer_.data(), filled);
    left_ = filled == wanted ? left_ - filled : 0;
    if (size_ == 0 && mime_.empty()) mime_ = mf::mime_type(name_, bytes);
    size_ += filled;
    hash_.add(bytes);
    return bytes;
}

Result<ArtifactContent> describe(const WorkDirectory& directory, const FoundArtifact& artifact) {
    return ArtifactReader::open(directory, artifact).and_then([](ArtifactReader reader) -> Result<ArtifactContent> {
        for (;;) {
            const auto bytes = reader.next();
            if (!bytes) return bytes.error();
            if (bytes->empty()) break;
        }
        return ArtifactContent{reader.size(), reader.sha256(), reader.mime_type()};
    });
}

}  // namespace mf
