// SPDX-License-Identifier: MIT
#include "cli/output_file.h"

#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mf {
namespace {

Error refused(const std::string& name, std::string_view why) {
    return {ErrorCode::invalid, fmt::format("{} cannot be written: {}.", name, why), {{"file", std::string(why)}}};
}

/// Where a symbolic link of procfs leads (proc(5)): /dev/stdout, /dev/fd/1 and /proc/self/fd/1 are an open file, which
/// has to be written to, even if that file has a name under which it could be replaced.
struct OpenFile {
    std::string link = {};        ///< empty: the name leads to none
    std::optional<int> own = {};  ///< the descriptor of this process
};

OpenFile open_file_behind(std::string name) {
    constexpr int most_links = 40;  // as the kernel
    for (int i = 0; i < most_links; ++i) {
        std::error_code failed;
        const std::filesystem::path path(name);
        const auto directory = std::filesystem::canonical(
            path.has_parent_path() ? path.parent_path() : std::filesystem::path("."), failed);
        if (failed || !std::filesystem::is_symlink(std::filesystem::symlink_status(path, failed))) return {};
        struct statfs system {};
        if (::statfs(directory.c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC &&
            directory.filename() == "fd") {
            const bool is_own = directory == std::filesystem::canonical("/proc/self/fd", failed);
            const auto number = is_own ? to_integer(path.filename().string()) : std::nullopt;
            return {name, number ? std::optional(static_cast<int>(*number)) : std::nullopt};
        }
        const auto next = std::filesystem::read_symlink(path, failed);
        if (failed) return {};
        name = (directory / next).string();
    }
    return {};
}

mode_t permissions_of_new_files() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

Error OutputFile::problem(std::string_view doing) const {
    return refused(name_, fmt::format("{}: {}", doing, std::strerror(errno)));
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::string& name) {
    if (name.empty() || name.find('\0') != name.npos) return refused(name, "it is no name of a file");
    std::unique_ptr<OutputFile> out(new OutputFile);
    out->name_ = name;
    if (const auto behind = open_file_behind(name); !behind.link.empty()) {
        // A copy of our own goes on where the file is; opening it anew would start at its begin.
        out->file_ = Descriptor(behind.own ? ::fcntl(*behind.own, F_DUPFD_CLOEXEC, 3)
                                           : ::open(name.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC));
        if (!out->file_) return out->problem("opening it failed");
        return out;
    }
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(name, ignored);
    out->target_ = ignored ? name : real.string();
    struct stat status {};
    const bool exists = ::stat(out->target_.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) return refused(name, "it is a directory");
    if (exists && !S_ISREG(status.st_mode)) {
        // Moving a file over /dev/null would take it from everybody.
        out->file_ = Descriptor(::open(name.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
        if (!out->file_) return out->problem("opening it failed");
        return out;
    }
    out->temporary_ = out->target_ + ".XXXXXX";
    out->file_ = Descriptor(::mkostemp(out->temporary_.data(), O_CLOEXEC));
    if (!out->file_) {
        out->temporary_.clear();
        return out->problem("making a file beside it failed");
    }
    ::fchmod(out->file_.get(), exists ? status.st_mode & 07777 : permissions_of_new_files());
    return out;
}

OutputFile::~OutputFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> OutputFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return problem("writing failed");
        bytes.remove_prefix(static_cast<std::size_t>(written));
        size_ += written;
    }
    return {};
}

Result<void> OutputFile::commit() {
    if (temporary_.empty()) return {};
    if (::fsync(file_.get()) != 0) return problem("writing to disk failed");
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return problem("moving it into place failed");
    temporary_.clear();
    return {};
}

}  // namespace mf
