// SPDX-License-Identifier: MIT
#include "cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mf {
namespace {

Error refused(const std::string& name, std::string_view why) {
    return {ErrorCode::invalid, fmt::format("{} cannot be written: {}.", name, why), {{"file", std::string(why)}}};
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
