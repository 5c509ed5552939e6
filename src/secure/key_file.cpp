// SPDX-License-Identifier: MIT
#include "secure/key_file.h"

#include "base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace mf {
namespace {

using KeyBytes = std::span<unsigned char, 32>;

Error failure(std::string_view what, const std::filesystem::path& file, int reason, std::string_view remedy) {
    return Error{ErrorCode::unavailable, fmt::format("The key file {} cannot be {}: {}. {}", file.string(), what,
                                                     std::strerror(reason), remedy)};
}

Result<void> read_key(const Descriptor& opened, const std::filesystem::path& file, KeyBytes key) {
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return failure("examined", file, errno, "Check the file system.");
    if (!S_ISREG(status.st_mode))
        return Error{ErrorCode::unavailable, fmt::format("The key file {} is not a regular file. Move it away, and put "
                                                         "the key file of this installation in its place.",
                                                         file.string())};
    if ((status.st_mode & 077) != 0)
        return Error{ErrorCode::forbidden,
                     fmt::format("The key file {0} may be used by other users (mode {1:04o}), who could open every "
                                 "stored secret. Run: chmod 600 {0}",
                                 file.string(), status.st_mode & 07777)};
    std::size_t filled = 0;
    while (filled < key.size()) {
        const auto count = ::read(opened.get(), key.data() + filled, key.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure("read", file, errno, "Check the file system.");
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled != key.size() || status.st_size != static_cast<off_t>(key.size()))
        return Error{ErrorCode::unavailable,
                     fmt::format("The key file {} is damaged: it has {} bytes instead of {}. Restore it from a backup; "
                                 "stored secrets cannot be opened without it.",
                                 file.string(), status.st_size, key.size())};
    return {};
}

bool write_completely(int target, std::span<const unsigned char> bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(target, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

/// The name of a file that is being written; removed whatever happens, because it has a key in it.
class Draft {
public:
    Draft(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() { ::unlinkat(directory_, name_.c_str(), 0); }
    const char* name() const { return name_.c_str(); }

private:
    int directory_;
    std::string name_;
};

void fill_with_randomness(std::span<unsigned char> bytes) {
    if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("no random numbers from OpenSSL");
}

bool fill_draft(const Descriptor& draft, const Descriptor& directory) {
    std::array<unsigned char, 32> fresh{};
    fill_with_randomness(fresh);
    const bool written = write_completely(draft.get(), fresh);
    OPENSSL_cleanse(fresh.data(), fresh.size());
    if (!written) return false;
    // Root often makes the first call on a new installation; the service, which runs as the owner of the directory,
    // would be locked out by a key that belongs to root.
    struct stat home {};
    if (::geteuid() == 0 && ::fstat(directory.get(), &home) == 0 && home.st_uid != 0 &&
        ::fchown(draft.get(), home.st_uid, home.st_gid) != 0)
        return false;
    // An unusual umask may have narrowed the mode.
    return ::fchmod(draft.get(), 0600) == 0 && ::fsync(draft.get()) == 0;
}

/// Success also when somebody else made the file first. The file gets its name only when it is complete and on the
/// disk: a reader never meets half a key, and two makers agree on one.
Result<void> make_key_file(const std::filesystem::path& file) {
    constexpr std::string_view remedy =
        "Make its directory and let this user write there, or set ENCRYPTION_MASTER_KEY.";
    const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return failure("made", file, errno, remedy);

    std::array<unsigned char, 8> random{};
    fill_with_randomness(random);
    const auto name = fmt::format(".{}.{:02x}", file.filename().string(), fmt::join(random, ""));
    const Descriptor opened(
        ::openat(directory.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!opened) return failure("made", file, errno, remedy);
    const Draft draft(directory.get(), name);
    if (!fill_draft(opened, directory)) return failure("written", file, errno, remedy);
    if (::linkat(directory.get(), draft.name(), directory.get(), file.filename().c_str(), 0) != 0) {
        if (errno == EEXIST) return {};
        return failure("made", file, errno, remedy);
    }
    if (::fsync(directory.get()) != 0) return failure("made", file, errno, "Check the file system.");
    return {};
}

}  // namespace

Result<void> read_key_file(const std::filesystem::path& file, std::span<unsigned char, 32> key, IfMissing if_missing) {
    for (bool made = false;; made = true) {
        // Without O_NONBLOCK a pipe of that name would stop the program here.
        const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (opened) return read_key(opened, file, key);
        if (errno != ENOENT || made)
            return failure("opened", file, errno,
                           "It must be a file that belongs to the user of this program; check its owner and its "
                           "directory.");
        if (if_missing == IfMissing::refuse)
            return Error{ErrorCode::not_found, fmt::format("The key file {} does not exist.", file.string())};
        if (auto done = make_key_file(file); !done) return done;
    }
}

}  // namespace mf
