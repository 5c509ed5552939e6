// SPDX-License-Identifier: MIT
#pragma once

#include "execute/process.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// One line of man 5 proc, /proc/PID/stat.
struct ProcessEntry {
    ProcessIdentity identity;
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    char state = '?';
    bool is_dead() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

/// The content of a file below /proc; none if it cannot be read (the process has gone, or is not ours).
std::optional<std::string> read_proc(const std::string& path);
std::optional<ProcessEntry> read_process(pid_t pid);
std::vector<ProcessEntry> read_processes();
std::optional<std::uint64_t> start_time_of(pid_t pid);

/// In what process numbers are valid: one boot of one machine, and one PID namespace (a container has its own). The
/// second is of this program.
std::string boot_identity();

/// What /proc/PID/stat contains, taken apart. None if it is not such a line.
std::optional<ProcessEntry> parse_stat(std::string_view line);

/// How the processes of a job are recognised.
struct TreeMark {
    ProcessIdentity leader;
    std::string_view environment_entry;  ///< "NAME=value" that only this job has; may be empty
    std::string_view output;             ///< what /proc/PID/fd/1 of the job says ("pipe:[123]"); may be empty
    std::string_view error_output;       ///< the same for fd/2
    std::string_view directory;          ///< canonical path that only this job works in; may be empty
    /// Members that were recognised before. One that is just dying shows none of the signs any more.
    std::span<const ProcessIdentity> known = {};
};

/// A picture of all processes of the machine. Taking it costs about 10 µs for each of them.
class ProcessTable {
public:
    ProcessTable() : entries_(read_processes()), environments_(entries_.size()) {}
    explicit ProcessTable(std::vector<ProcessEntry> entries)
        : entries_(std::move(entries)), environments_(entries_.size()) {}

    /// The living processes of a job, its leader included: the session and group of the leader; orphans that carry
    /// the job's mark, hold its output or work in its directory; who was known; and of all of these the descendants and
    /// the sessions.
    std::vector<ProcessEntry> tree_of(const TreeMark& mark);

private:
    bool carries(std::size_t index, const TreeMark& mark);

    std::vector<ProcessEntry> entries_;
    std::vector<std::optional<std::string>> environments_;  // read when first asked for
};

/// Sends a signal to exactly this process, never to a later one with the same number.
void send_signal(const ProcessIdentity& process, int signal);

}  // namespace mf
