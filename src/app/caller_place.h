// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mf {

/// From where this program was called, for the audit log: the name of the machine (gethostname(2)), and in front of it
/// the address of the one who is there with SSH, as sshd says it in SSH_CONNECTION (ssh(1)). At most 64 bytes. Whoever
/// calls the program can set that variable: it is a hint, no proof.
std::string place_of_caller();

}  // namespace mf
