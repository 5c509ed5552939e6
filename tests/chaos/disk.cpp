// SPDX-License-Identifier: MIT
#include "chaos/disk.h"

#include "base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace mf::chaos {
namespace {

constexpr unsigned long long usual_size = 2ULL << 30;
// Other users need their way in: database servers do not run as root.
constexpr const char* mode = "mode=1777";

}  // namespace

Disk::Disk(std::filesystem::path path, bool mounts) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    if (!mounts) return;
    const auto options = fmt::format("size={},{}", usual_size, mode);
    if (::mount("none", path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), path_.string());
    mounted_ = true;
    // A size of no blocks would mean that there is no limit.
    std::ofstream(path_ / ".first-block") << '.';
}

Disk::~Disk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
}

void Disk::resize(unsigned long long bytes) {
    const auto options = fmt::format("size={},{}", bytes, mode);
    if (::mount("none", path_.c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), path_.string());
}

void Disk::fill() {
    // No stuffing is needed: the file system becomes as small as what is in it. A write may come in between.
    for (unsigned long long spare = 0;; spare += 16) {
        struct statvfs room {};
        if (::statvfs(path_.c_str(), &room) != 0)
            throw std::system_error(errno, std::generic_category(), path_.string());
        try {
            return resize((room.f_blocks - room.f_bfree + spare) * room.f_frsize);
        } catch (const std::system_error& error) {
            if (error.code().value() != EINVAL || spare > 4096) throw;
        }
    }
}

bool Disk::refuses() const {
    const auto file = path_ / ".one-more-block";
    const Descriptor probe(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const bool refused = (!probe || ::write(probe.get(), "?", 1) != 1) && errno == ENOSPC;
    ::unlink(file.c_str());
    return refused;
}

void Disk::make_room() { resize(usual_size); }

}  // namespace mf::chaos
