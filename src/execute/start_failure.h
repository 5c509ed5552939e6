// SPDX-License-Identifier: MIT
#pragma once

#include "execute/spawn.h"

#include <optional>

namespace mf {

/// How far the start of a process came.
enum class SpawnStep { prepare, limits, directory, descriptors, exec };

/// What the kernel would not notice or would cut silently: no program, NUL bytes, names with '='.
std::optional<StartFailure> refuse(const ProcessCommand& command);

/// The paths to try for argv[0], in the order of the job's own PATH.
std::vector<std::string> executable_candidates(const ProcessCommand& command);

/// The sentence for the record and the exit code of a start that failed with this errno.
StartFailure explain(const ProcessCommand& command, SpawnStep step, int error);

}  // namespace mf
