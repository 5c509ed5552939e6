// SPDX-License-Identifier: MIT
#include "execute/process_table.h"

#include "base/descriptor.h"
#include "base/text.h"
#include "execute/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace mf {

namespace {

bool links_to(const std::string& path, std::string_view target) {
    if (target.empty()) return false;
    char buffer[64];
    const auto size = ::readlink(path.c_str(), buffer, sizeof buffer);
    return size > 0 && std::string_view(buffer, static_cast<std::size_t>(size)) == target;
}

bool links_into(const std::string& path, std::string_view directory) {
    if (directory.empty()) return false;
    char buffer[4096];  // PATH_MAX; the kernel gives no more
    const auto size = ::readlink(path.c_str(), buffer, sizeof buffer);
    if (size <= 0) return false;
    const std::string_view target(buffer, static_cast<std::size_t>(size));
    return target.starts_with(directory) && (target.size() == directory.size() || target[directory.size()] == '/');
}

}  // namespace

std::optional<std::string> read_proc(const std::string& path) {
    const Descriptor file(::open(("/proc/" + path).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::string content;
    std::array<char, 4096> buffer;
    for (;;) {
        const auto size = ::read(file.get(), buffer.data(), buffer.size());
        if (size < 0) return std::nullopt;
        if (size == 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

std::optional<ProcessEntry> parse_stat(std::string_view line) {
    // The name stands in brackets and may contain anything, brackets and line ends too: look from the end.
    const auto open = line.find('('), close = line.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open || close + 3 >= line.size())
        return std::nullopt;
    const auto pid = to_integer(trim(line.substr(0, open)));
    const auto fields = split(trim(line.substr(close + 2)), ' ');  // from field 3 on
    if (!pid || fields.size() < 20 || fields[0].size() != 1) return std::nullopt;
    const auto parent = to_integer(fields[1]), group = to_integer(fields[2]), session = to_integer(fields[3]),
               start = to_integer(fields[19]);
    if (!parent || !group || !session || !start) return std::nullopt;
    return ProcessEntry{.identity = {static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*start)},
                        .parent = static_cast<pid_t>(*parent),
                        .group = static_cast<pid_t>(*group),
                        .session = static_cast<pid_t>(*session),
                        .state = fields[0][0]};
}

std::optional<ProcessEntry> read_process(pid_t pid) {
    const auto line = read_proc(std::to_string(pid) + "/stat");
    return line ? parse_stat(*line) : std::nullopt;
}

std::optional<std::uint64_t> start_time_of(pid_t pid) {
    const auto entry = read_process(pid);
    if (!entry) return std::nullopt;
    return entry->identity.start_time;
}

std::string boot_identity() {
    char space[64] = "";
    const auto length = ::readlink("/proc/self/ns/pid", space, sizeof space);
    return std::string(trim(read_proc("sys/kernel/random/boot_id").value_or("unknown")))
        .append(1, ' ')
        .append(space, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
}

std::vector<ProcessEntry> read_processes() {
    std::vector<ProcessEntry> entries;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
    if (!directory) return entries;
    while (const dirent* item = ::readdir(directory.get())) {
        const auto pid = to_integer(item->d_name);
        if (!pid) continue;
        if (auto entry = read_process(static_cast<pid_t>(*pid))) entries.push_back(*entry);
    }
    return entries;
}

bool ProcessTable::carries(std::size_t index, const TreeMark& mark) {
    const std::string folder = std::to_string(entries_[index].identity.pid);
    if (!mark.environment_entry.empty()) {
        auto& environment = environments_[index];
        if (!environment) environment = std::string(1, '\0') + read_proc(folder + "/environ").value_or("") + '\0';
        std::string wanted(1, '\0');
        wanted.append(mark.environment_entry).append(1, '\0');
        if (environment->find(wanted) != std::string::npos) return true;
    }
    return links_to("/proc/" + folder + "/fd/1", mark.output) ||
           links_to("/proc/" + folder + "/fd/2", mark.error_output) ||
           links_into("/proc/" + folder + "/cwd", mark.directory);
}

std::vector<ProcessEntry> ProcessTable::tree_of(const TreeMark& mark) {
    const pid_t us = ::getpid(), our_session = ::getsid(0), leader = mark.leader.pid;
    std::unordered_map<pid_t, std::size_t> index_of;
    std::unordered_multimap<pid_t, std::size_t> children, sessions;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        index_of.emplace(entries_[i].identity.pid, i);
        children.emplace(entries_[i].parent, i);
        sessions.emplace(entries_[i].session, i);
    }
    // Who takes orphans: we, process 1, or a session manager below process 1.
    const auto is_orphan = [&](const ProcessEntry& entry) {
        if (entry.parent == us) return !children::is_registered(entry.identity.pid);
        if (entry.parent <= 1) return true;
        const auto parent = index_of.find(entry.parent);
        return parent == index_of.end() || entries_[parent->second].parent == 1;
    };
    std::vector<char> seen(entries_.size());
    std::vector<std::size_t> queue;
    const auto add = [&](std::size_t i) {
        const auto& entry = entries_[i];
        // Nobody in the tree is older than its leader: an older one has the number of somebody who has gone.
        if (seen[i] || entry.identity.pid == us || entry.identity.start_time < mark.leader.start_time) return;
        seen[i] = 1;
        queue.push_back(i);
    };
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& entry = entries_[i];
        const bool belongs = entry.identity == mark.leader || entry.group == leader || entry.session == leader ||
                             std::ranges::find(mark.known, entry.identity) != mark.known.end();
        if (belongs || (!entry.is_dead() && is_orphan(entry) && carries(i, mark))) add(i);
    }
    std::vector<ProcessEntry> tree;
    for (std::size_t next = 0; next < queue.size(); ++next) {
        const auto& entry = entries_[queue[next]];
        if (!entry.is_dead()) tree.push_back(entry);
        const auto [first, last] = children.equal_range(entry.identity.pid);
        for (auto child = first; child != last; ++child) add(child->second);
        // Nobody can join a session: whoever is in one with a descendant of the leader descends from it as well.
        if (entry.session <= 0 || entry.session == our_session) continue;
        const auto [one, end] = sessions.equal_range(entry.session);
        for (auto companion = one; companion != end; ++companion) add(companion->second);
    }
    return tree;
}

void send_signal(const ProcessIdentity& process, int signal) {
    // Bare system calls: the header of glibc 2.36 cannot be included from C++.
    const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    if (!pidfd) return;
    // The descriptor names whoever had the number when it was opened; is that still the one we mean?
    if (start_time_of(process.pid) != process.start_time) return;
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

}  // namespace mf
