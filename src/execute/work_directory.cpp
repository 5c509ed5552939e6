// SPDX-License-Identifier: MIT
#include "execute/work_directory.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

namespace {

constexpr int open_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

ErrorCode code_of(int error) { return is_shortage(error) ? ErrorCode::unavailable : ErrorCode::forbidden; }

/// Gives us all permissions. Not a word to the file system where they are right, as they nearly always are: each
/// change is written to its journal.
void make_usable(int directory) {
    struct stat status {};
    if (::fstat(directory, &status) != 0 || (status.st_mode & 07777) != 0700) ::fchmod(directory, 0700);
}

/// Opens a directory with all permissions for us, whatever a job has made of them.
Descriptor open_writable(int parent, const char* name) {
    Descriptor directory(::openat(parent, name, open_directory));
    if (!directory && errno == EACCES) {
        // fchmodat would follow a link that somebody puts in its place; a handle cannot be exchanged.
        const Descriptor handle(::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (handle) ::chmod(fmt::format("/proc/self/fd/{}", handle.get()).c_str(), 0700);
        directory = Descriptor(::openat(parent, name, open_directory));
    }
    if (directory) make_usable(directory.get());
    return directory;
}

/// The recursion of remove_tree().
class Removal {
public:
    void remove(int parent, const std::string& name) {
        // What is empty, as most work directories are, needs no look inside.
        if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
        const Descriptor top = open_writable(parent, name.c_str());
        if (!top) return complain(name, error_text(errno));
        empty_top(top.get(), name);
        if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) complain(name, error_text(errno));
    }
    void empty_top(int top, const std::string& name) {
        struct stat status {};
        if (::fstat(top, &status) != 0) return complain(name, error_text(errno));
        device_ = status.st_dev;
        top_ = top;
        empty(top, 1);
        while (!moved_.empty()) {
            const std::string next = std::move(moved_.back());
            moved_.pop_back();
            remove_entry(top, next.c_str(), 1);
        }
    }
    const std::optional<std::string>& complaint() const { return complaint_; }

private:
    void remove_entry(int parent, const char* name, int depth) {
        if (++entries_ > most_entries) return complain(name, "there are too many entries");
        if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return;
        if (errno != EISDIR) return complain(name, error_text(errno));
        const Descriptor directory = open_writable(parent, name);
        struct stat status {};
        if (!directory || ::fstat(directory.get(), &status) != 0) return complain(name, error_text(errno));
        if (status.st_dev != device_) return complain(name, "it is another file system");
        if (depth >= deepest) {
            // Each level holds two descriptors. What is deeper is moved up and has its turn later.
            std::string moved = fmt::format(".removed-{}-{}", ::getpid(), entries_);
            if (::renameat(parent, name, top_, moved.c_str()) == 0) return moved_.push_back(std::move(moved));
            return complain(name, error_text(errno));
        }
        empty(directory.get(), depth + 1);
        if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) complain(name, error_text(errno));
    }
    void empty(int directory, int depth) {
        const int copy = ::openat(directory, ".", open_directory);  // closed together with the list
        const std::unique_ptr<DIR, int (*)(DIR*)> list(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
        if (!list) return complain("a directory", error_text(errno));
        while (const dirent* item = ::readdir(list.get())) {
            const std::string_view name = item->d_name;
            if (name != "." && name != "..") remove_entry(directory, item->d_name, depth);
        }
    }
    void complain(std::string_view name, std::string_view why) {
        if (!complaint_) complaint_ = fmt::format("{} could not be removed: {}.", to_utf8(name), why);
    }

    static constexpr std::size_t most_entries = 10'000'000;
    static constexpr int deepest = 32;
    dev_t device_ = 0;
    int top_ = -1;
    std::size_t entries_ = 0;
    std::vector<std::string> moved_;
    std::optional<std::string> complaint_;
};

}  // namespace

std::optional<std::string> remove_tree(int parent, const std::string& name) {
    Removal removal;
    removal.remove(parent, name);
    return removal.complaint();
}

WorkDirectory::WorkDirectory(Descriptor base, Descriptor directory, std::filesystem::path path)
    : base_(std::move(base)), directory_(std::move(directory)), path_(std::move(path)) {}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept = default;

WorkDirectory& WorkDirectory::operator=(WorkDirectory&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(directory_, other.directory_);
    std::swap(path_, other.path_);
    return *this;
}

WorkDirectory::~WorkDirectory() {
    if (const auto removed = remove(); !removed)
        log::warning("work directory not removed", {{"reason", removed.error().message}});
}

Result<WorkDirectory> WorkDirectory::create(const std::filesystem::path& base, std::int64_t job_id) {
    Descriptor parent(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent)
        return Error{code_of(errno), fmt::format("The directory {} for work directories cannot be opened: {}.",
                                                 base.string(), error_text(errno))};
    const std::string name = fmt::format("job-{}-{}", job_id, random_uuid().substr(0, 8));
    // mkdir refuses whatever is there already, a link too; opening refuses what somebody put there meanwhile.
    if (::mkdirat(parent.get(), name.c_str(), 0700) != 0)
        return Error{code_of(errno),
                     fmt::format("No work directory can be made in {}: {}.", base.string(), error_text(errno))};
    Descriptor directory(::openat(parent.get(), name.c_str(), open_directory));
    struct stat status {};
    if (!directory || ::fstat(directory.get(), &status) != 0) {
        const int error = errno;
        ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
        return Error{code_of(error), fmt::format("The new work directory {} cannot be opened: {}.",
                                                 (base / name).string(), error_text(error))};
    }
    if (status.st_uid != ::geteuid())
        return Error{ErrorCode::forbidden,
                     fmt::format("The new work directory {} belongs to another user. Let only the user of the server "
                                 "write to {}.",
                                 (base / name).string(), base.string())};
    make_usable(directory.get());  // access lists of the parent may have been added
    return WorkDirectory(std::move(parent), std::move(directory), std::filesystem::absolute(base) / name);
}

Result<WorkDirectory> WorkDirectory::reopen(const std::filesystem::path& path) {
    Descriptor parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Descriptor directory(parent ? ::openat(parent.get(), path.filename().c_str(), open_directory) : -1);
    struct stat status {};
    if (!directory || ::fstat(directory.get(), &status) != 0 || status.st_uid != ::geteuid())
        return Error{ErrorCode::not_found, fmt::format("The work directory {} is not there any more.", path.string())};
    return WorkDirectory(std::move(parent), std::move(directory), path);
}

std::map<std::string, std::string> WorkDirectory::variables() const {
    return {{std::string(work_directory_variable), path_.string()}, {"TMPDIR", path_.string()}};
}

Result<std::filesystem::path> WorkDirectory::leave_empty() {
    if (!base_) return std::filesystem::path();
    Removal removal;
    make_usable(directory_.get());
    removal.empty_top(directory_.get(), path_.filename().string());
    directory_.reset();
    base_.reset();
    if (removal.complaint())
        return Error{ErrorCode::unavailable,
                     fmt::format("In the work directory {}, {}", path_.string(), *removal.complaint())};
    return path_;
}

Result<void> WorkDirectory::remove() {
    if (!base_) return {};
    directory_.reset();
    const Descriptor base = std::move(base_);
    if (auto left = remove_tree(base.get(), path_.filename().string()))
        return Error{ErrorCode::unavailable, fmt::format("In the work directory {}, {}", path_.string(), *left)};
    return {};
}

}  // namespace mf
