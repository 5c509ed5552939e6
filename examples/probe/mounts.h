// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mf::probe {

/// A line of /proc/self/mounts (man 5 fstab), escapes resolved.
struct Mount {
    std::string source;
    std::string point;
    std::string type;
};

std::vector<Mount> parse_mounts(std::string_view text);

/// Those that hold data of this machine, each file system once, by mount point: the root, and what lies on block
/// devices. Left out: images that are full by nature (squashfs), network file systems (watched where they are; a
/// dead server would only make this machine look ill) and what the kernel makes up.
std::vector<Mount> local_file_systems(std::vector<Mount> mounts);

/// The file system that a path lies on, by its name only; nullptr if there is none.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path);

}  // namespace mf::probe
