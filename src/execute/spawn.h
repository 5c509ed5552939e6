// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "execute/process.h"

#include <optional>
#include <string>
#include <variant>

namespace mf {

/// A process that has been started: exec has succeeded.
struct Spawned {
    ProcessIdentity identity;
    Descriptor pidfd{};
    Descriptor out{};  ///< to read from, does not block
    Descriptor err{};
    std::uint64_t our_peak_memory = 0;  ///< bytes; what the kernel blames the child for at least
};

/// Why a process was not started.
struct StartFailure {
    int exit_code;        ///< 126 or 127, as a shell says
    std::string message;  ///< a sentence
    /// The system is short of something at the moment; the same start may succeed later.
    bool is_shortage = false;
};

/// Starts a program as ProcessCommand says. The child shares our memory until exec, so the cost does not depend on our
/// size, and every failure up to and including exec is known here, exactly. Thread-safe. The caller waits for the
/// child. `usual_open_files`: see Supervisor::Options.
std::variant<Spawned, StartFailure> spawn(const ProcessCommand& command,
                                          std::optional<std::uint64_t> usual_open_files = {});

}  // namespace mf
