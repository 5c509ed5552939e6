// SPDX-License-Identifier: MIT
#include "probe/disk.h"

#include "probe/checks.h"
#include "probe/mounts.h"
#include "probe/proc_file.h"

#include <fmt/format.h>
#include <cerrno>
#include <cstring>

namespace mf::probe {
namespace {

using Judge = Finding (*)(const struct statvfs&, Limits);

Finding examine_file_system(const std::string& path, const Mount* mount, Judge judge, Limits limits) {
    struct statvfs numbers {};
    if (::statvfs(path.c_str(), &numbers) != 0)
        return unknown(fmt::format("The file system cannot be read: {}.", std::strerror(errno)));
    auto finding = judge(numbers, limits);
    if (mount) {
        finding.details["source"] = mount->source;
        finding.details["mount_point"] = mount->point;
        finding.details["type"] = mount->type;
    }
    return finding;
}

std::vector<Task> plan_with(Judge judge, std::string_view check, Limits limits, const Settings& settings,
                            const Machine& machine) {
    std::vector<Mount> mounts;
    std::vector<std::string> paths = settings.disks;
    if (paths.empty()) {
        mounts = parse_mounts(read_proc(machine.proc / "self/mounts"));
        for (const auto& mount : local_file_systems(mounts)) {
            // Containers have single files (/etc/hosts) mounted from the disk of their host.
            std::error_code ignored;
            if (std::filesystem::is_directory(mount.point, ignored)) paths.push_back(mount.point);
        }
    } else {
        try {
            mounts = parse_mounts(read_proc(machine.proc / "self/mounts"));
        } catch (const std::system_error&) {
            // The paths are given; what lies behind them is only a detail of the report.
        }
    }
    std::vector<Task> tasks;
    for (const auto& path : paths) {
        const Mount* found = mount_of(mounts, path);
        const auto mount = found ? std::optional(*found) : std::nullopt;
        tasks.push_back({std::string(check), path, settings.timeout,
                         [=] { return examine_file_system(path, mount ? &*mount : nullptr, judge, limits); }});
    }
    return tasks;
}

}  // namespace

Finding judge_space(const struct statvfs& numbers, Limits limits) {
    const double block = static_cast<double>(numbers.f_frsize);
    const double used = static_cast<double>(numbers.f_blocks - numbers.f_bfree) * block;
    const double free = static_cast<double>(numbers.f_bavail) * block;
    if (used + free <= 0) return unknown("The file system has no size.");
    const double percent = 100 * free / (used + free);
    return {.state = judge_low(percent, limits),
            .message = fmt::format("{:.1f} % free, {} of {}", percent, size_text(free), size_text(used + free)),
            .metrics = {{"free_percent", rounded(percent)}, {"free_bytes", free}, {"size_bytes", used + free}}};
}

Finding judge_inodes(const struct statvfs& numbers, Limits limits) {
    if (numbers.f_files == 0) return {.message = "makes inodes as needed"};
    const double percent = 100 * static_cast<double>(numbers.f_favail) / static_cast<double>(numbers.f_files);
    return {.state = judge_low(percent, limits),
            .message = fmt::format("{:.1f} % free, {} of {}", percent, numbers.f_favail, numbers.f_files),
            .metrics = {{"free_percent", rounded(percent)}}};
}

std::vector<Task> plan_disk(const Settings& settings, const Machine& machine) {
    return plan_with(judge_space, "disk", {settings.disk_warning, settings.disk_critical}, settings, machine);
}

std::vector<Task> plan_inodes(const Settings& settings, const Machine& machine) {
    return plan_with(judge_inodes, "inodes", {settings.inodes_warning, settings.inodes_critical}, settings, machine);
}

}  // namespace mf::probe
