// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mf::chaos {

/// How many bytes a job has written, each after the kernel had taken them; in a file that both map.
struct Progress {
    std::uint64_t output = 0;
    std::uint64_t error_output = 0;
};

/// A process, not to be mixed up with a later one of the same number.
struct Identity {
    pid_t pid = 0;
    std::uint64_t start = 0;  ///< in ticks since the machine was started, man 5 proc
    auto operator<=>(const Identity&) const = default;
};

/// Milliseconds since the machine was started, which no change of the clock moves.
std::int64_t uptime_ms();

/// Lines of the evidence, with the uptime.
std::string begin_line(std::int64_t job, pid_t pid);
std::string child_line(std::int64_t job, pid_t pid);
std::string end_line(std::int64_t job, pid_t pid, int code);

/// One process of a job, as it told itself.
struct Run {
    Identity process;
    std::int64_t began_ms = 0;
    std::optional<std::int64_t> ended_ms;  ///< none: it was killed
    std::optional<int> code;
    Progress progress;
};

/// All that jobs wrote down.
struct Evidence {
    std::map<std::int64_t, std::vector<Run>> runs;           ///< by job
    std::map<std::int64_t, std::vector<Identity>> children;  ///< by job
    std::vector<std::string> faults;                         ///< what does not make sense
};
Evidence read_evidence(const std::filesystem::path& directory);

}  // namespace mf::chaos
