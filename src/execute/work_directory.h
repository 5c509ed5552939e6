// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

inline constexpr std::string_view work_directory_variable = "MULTIFLEXI_TMP";

/// The private directory (mode 0700) of one job, removed with everything in it by the destructor.
///
/// It is handled by descriptors only: nobody who exchanges a part of the path, or puts symbolic links into it, can
/// lead us elsewhere. Move-only; to be used by one thread at a time.
class WorkDirectory {
public:
    /// Makes "job-<id>-<random>" in `base`, which must be an existing directory of ours that others cannot write to.
    /// unavailable: the system is short of descriptors or memory, later it may succeed; any other code: it cannot be
    /// made there. Nothing is left behind.
    static Result<WorkDirectory> create(const std::filesystem::path& base, std::int64_t job_id);
    /// Takes over a directory that an earlier run made. not_found if it is not there.
    static Result<WorkDirectory> reopen(const std::filesystem::path& path);

    /// None: there is nothing to use or to remove.
    WorkDirectory() = default;
    WorkDirectory(WorkDirectory&& other) noexcept;
    WorkDirectory& operator=(WorkDirectory&& other) noexcept;
    ~WorkDirectory();

    const std::filesystem::path& path() const { return path_; }
    int descriptor() const { return directory_.get(); }

    /// MULTIFLEXI_TMP and TMPDIR.
    std::map<std::string, std::string> variables() const;

    /// Removes it now, and tells what could not be removed. Afterwards the object is empty.
    Result<void> remove();
    /// Removes what is in it and leaves the empty directory, of which nobody takes care any more, at the returned path.
    /// Fails when something could not be removed. After keep() or remove() it does nothing and returns an empty path.
    Result<std::filesystem::path> leave_empty();
    /// Leaves it on disk.
    void keep() { base_.reset(); }

private:
    WorkDirectory(Descriptor base, Descriptor directory, std::filesystem::path path);

    Descriptor base_{};  // none: nothing to remove
    Descriptor directory_{};
    std::filesystem::path path_;
};

/// Removes a directory with everything below it, however deep. Never follows symbolic links; takes permissions that a
/// job removed; goes on after an error. Stops at other file systems and after ten million entries. Returns the first
/// thing that could not be removed, as a sentence, or nothing.
std::optional<std::string> remove_tree(int parent, const std::string& name);

}  // namespace mf
