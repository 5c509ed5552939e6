// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace mf::chaos {

/// A file system in memory that can be filled to its last block.
class Disk {
public:
    /// Mounts it where root is in namespaces of its own; else the directory is an ordinary one and cannot be filled.
    Disk(std::filesystem::path path, bool mounts);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    const std::filesystem::path& path() const { return path_; }
    bool can_be_filled() const { return mounted_; }
    /// From now on there is no room for another block.
    void fill();
    /// Does a write fail for want of room, as it should after fill()? Somebody may have removed a file since.
    bool refuses() const;
    void make_room();

private:
    void resize(unsigned long long bytes);
    std::filesystem::path path_;
    bool mounted_ = false;
};

}  // namespace mf::chaos
