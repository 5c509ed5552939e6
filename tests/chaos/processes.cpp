// SPDX-License-Identifier: MIT
#include "chaos/processes.h"

#include "base/descriptor.h"
#include "execute/process_table.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <unordered_map>

namespace mf::chaos {

std::string program_of(pid_t pid) {
    std::error_code problem;
    auto name = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), problem).filename().string();
    // Without root the kernel does not tell of programs that guard their memory. Theirs is at most 15 bytes long, man 5
    // proc, as "multiflexi-shim" just is.
    if (problem) std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
    // Of a program that was built anew meanwhile.
    if (const auto deleted = name.find(" (deleted)"); deleted != std::string::npos) name.resize(deleted);
    return name;
}

std::vector<Living> descendants_of(pid_t ancestor) {
    const auto entries = read_processes();
    std::unordered_map<pid_t, pid_t> parents;
    for (const auto& entry : entries) parents[entry.identity.pid] = entry.parent;
    std::vector<Living> out;
    for (const auto& entry : entries) {
        if (entry.is_dead()) continue;
        // A picture that is taken while processes come and go may hold a circle.
        pid_t above = entry.parent;
        for (std::size_t steps = 0; above != ancestor && above > 0 && steps < entries.size(); ++steps) {
            const auto next = parents.find(above);
            above = next == parents.end() ? 0 : next->second;
        }
        if (above == ancestor)
            out.push_back(
                {{entry.identity.pid, entry.identity.start_time}, entry.parent, program_of(entry.identity.pid)});
    }
    return out;
}

std::vector<Living> descendants_of(pid_t ancestor, std::string_view program) {
    auto out = descendants_of(ancestor);
    std::erase_if(out, [&](const Living& one) { return one.program != program; });
    return out;
}

bool send(const Identity& process, int signal) {
    // The descriptor is of whoever has the number now; that it is the right one can be looked at afterwards.
    const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    return handle.get() >= 0 && lives(process) &&
           ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0;
}

bool lives(const Identity& process) {
    const auto entry = read_process(process.pid);
    return entry && !entry->is_dead() && entry->identity.start_time == process.start;
}

void must(bool done, const char* what) {
    if (!done) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace mf::chaos
