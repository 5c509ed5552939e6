// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <functional>
#include <string>

namespace mf::chaos {

/// What the harness may use of the machine.
struct Sandbox {
    /// Takes in every orphan; all processes of the harness are its descendants.
    pid_t ancestor = 0;
    /// Why there are no namespaces of its own: then neither networks are cut nor disks filled. Empty: there are.
    std::string missing;
};

/// Runs the harness in process, mount, network and System V namespaces of its own (man 7 namespaces), so that nothing
/// it kills, mounts or cuts can belong to anybody else; without the permission for that, below a process that takes its
/// orphans in. Its exit code. Whatever it left running is killed at its end, also when this program is killed.
/// To be called while there is one thread only.
int in_sandbox(const std::function<int(const Sandbox&)>& harness);

}  // namespace mf::chaos
