// SPDX-License-Identifier: MIT
#pragma once

namespace mf {

/// The name of the environment variable that arms one fault point.
inline constexpr const char* fault_variable = "MULTIFLEXI_FAULT";

/// A moment at which tests let this process die: SIGKILL for itself when MULTIFLEXI_FAULT is exactly this name (see
/// tests/journeys/survival_test.cpp for what they promise). With ":stop" behind the name it stands still (SIGSTOP)
/// until somebody lets it go on. Does nothing otherwise.
void fault_point(const char* name);

}  // namespace mf
