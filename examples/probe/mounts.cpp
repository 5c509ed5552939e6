// SPDX-License-Identifier: MIT
#include "probe/mounts.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace mf::probe {
namespace {

/// The kernel writes blanks, tabs, line ends and backslashes as \ooo.
std::string unescaped(std::string_view text) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 3 < text.size() && is_octal(text[at + 1]) && is_octal(text[at + 2]) &&
            is_octal(text[at + 3])) {
            out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
            at += 3;
        } else {
            out += text[at];
        }
    }
    return out;
}

bool is_full_by_nature(std::string_view type) {
    return type == "squashfs" || type == "iso9660" || type == "udf" || type == "erofs" || type == "cramfs";
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        const auto parts = split(line, ' ');
        if (parts.size() >= 3) mounts.push_back({unescaped(parts[0]), unescaped(parts[1]), std::string(parts[2])});
    }
    return mounts;
}

std::vector<Mount> local_file_systems(std::vector<Mount> mounts) {
    std::map<std::string, Mount> by_source;
    for (auto& mount : mounts) {
        const bool root = mount.point == "/";
        const bool device = mount.source.starts_with("/dev/") || mount.type == "zfs" || mount.type == "bcachefs";
        if (!root && (!device || is_full_by_nature(mount.type))) continue;
        // Bind mounts and subvolumes share their space; the shortest mount point is the one people know.
        const auto [known, added] = by_source.try_emplace(mount.source, mount);
        if (!added && mount.point.size() < known->second.point.size()) known->second = mount;
    }
    std::vector<Mount> chosen;
    for (auto& [source, mount] : by_source) chosen.push_back(std::move(mount));
    std::ranges::sort(chosen, {}, &Mount::point);
    return chosen;
}

const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
    const Mount* best = nullptr;
    for (const auto& mount : mounts) {
        const std::string_view point = mount.point;
        const bool below =
            point == "/" || (path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/'));
        // Of two on the same point the later one covers the earlier.
        if (below && (!best || point.size() >= best->point.size())) best = &mount;
    }
    return best;
}

}  // namespace mf::probe
