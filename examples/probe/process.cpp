// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "probe/checks.h"
#include "probe/proc_file.h"

#include <fmt/format.h>

namespace mf::probe {
namespace {

/// TASK_COMM_LEN of the kernel less its zero byte: names of /proc/N/comm are cut there.
constexpr std::size_t comm_length = 15;

std::string try_read(const std::filesystem::path& file) {
    try {
        return read_proc(file);
    } catch (const std::system_error&) {
        return {};  // processes end while they are being looked at
    }
}

std::string base_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

/// The state letter stands behind the name in parentheses, which may itself hold parentheses.
bool is_dead(const std::string& stat) {
    const auto end = stat.rfind(')');
    const char state = end != std::string::npos && end + 2 < stat.size() ? stat[end + 2] : 'X';
    return state == 'Z' || state == 'X';
}

bool has_name(const std::filesystem::path& process, const std::string& name) {
    const auto comm = try_read(process / "comm");
    if (name.size() <= comm_length && trim(comm) == name) return true;
    // Long names, and programs that name their threads: "postgres: writer" is still postgres.
    const auto arguments = try_read(process / "cmdline");
    return base_name(arguments.substr(0, arguments.find('\0'))) == name;
}

bool is_number(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

Finding count_processes(const std::filesystem::path& proc, const std::string& name) {
    double found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(proc))
        if (is_number(entry.path().filename().string()) && has_name(entry.path(), name) &&
            !is_dead(try_read(entry.path() / "stat")))
            ++found;
    if (found == 0 && try_read(proc / "1/comm").empty())
        return unknown("No such process is seen, but those of other users are hidden (hidepid of /proc).");
    Finding finding{.message = fmt::format("{:.0f} running", found), .metrics = {{"running", found}}};
    if (found == 0) finding = {State::critical, "does not run", {{"running", 0}}};
    return finding;
}

}  // namespace

std::vector<Task> plan_process(const Settings& settings, const Machine& machine) {
    std::vector<Task> tasks;
    for (const auto& name : settings.processes)
        tasks.push_back(
            {"process", name, settings.timeout, [proc = machine.proc, name] { return count_processes(proc, name); }});
    return tasks;
}

}  // namespace mf::probe
