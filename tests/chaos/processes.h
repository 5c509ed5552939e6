// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/evidence.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mf::chaos {

/// A living process that this harness brought about.
struct Living {
    Identity process;
    pid_t parent = 0;
    std::string program;  ///< the name of its file
};

/// The name of the file of the program that a process runs; empty when it has gone.
std::string program_of(pid_t pid);

/// All descendants of a process, in the order of their numbers. Who loses its parent stays among them, because the
/// sandbox takes orphans in (see sandbox.h).
std::vector<Living> descendants_of(pid_t ancestor);
/// Those of them that run this program.
std::vector<Living> descendants_of(pid_t ancestor, std::string_view program);

/// Sends a signal to exactly this process; false when it has gone, even if another one has its number now.
bool send(const Identity& process, int signal);

bool lives(const Identity& process);

/// Throws std::system_error with errno when a system call has failed.
void must(bool done, const char* what);

}  // namespace mf::chaos
