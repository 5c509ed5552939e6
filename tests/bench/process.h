// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace mf::bench {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// What one finished program took.
struct Run {
    int exit_code = 0;
    Milliseconds wall{}, cpu{};
};

/// Runs a program to its end; its output goes to `out` (truncated), /dev/null when empty.
Run run(const std::vector<std::string>& words, const std::filesystem::path& out = {});

/// Starts a program without waiting. Throws std::runtime_error when it cannot be started.
pid_t start(const std::vector<std::string>& words, const std::filesystem::path& out = {});

/// Tells a program to end (SIGTERM), after twenty seconds with SIGKILL, and waits until it has.
void stop(pid_t process);

/// Processor time of all threads of a process so far, from the scheduler's own counters (proc(5), task/*/schedstat).
Milliseconds cpu_of(pid_t process);

/// The children that the main thread of a process has started.
std::vector<pid_t> children_of(pid_t process);

/// A line of /proc/PID/status in KiB: "VmRSS", "VmHWM"; 0 when the process is gone.
long memory_of(pid_t process, const std::string& name);

/// The value below which `share` (0 to 1) of the values lie.
double quantile(std::vector<double> values, double share);

}  // namespace mf::bench
