// SPDX-License-Identifier: MIT
#include "base/fault_point.h"

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace mf {

void fault_point(const char* name) {
    static const char* const armed = std::getenv(fault_variable);
    if (!armed || !std::string_view(armed).starts_with(name)) return;
    const auto rest = std::string_view(armed).substr(std::strlen(name));
    if (rest.empty()) ::kill(::getpid(), SIGKILL);
    if (rest == ":stop") ::kill(::getpid(), SIGSTOP);
}

}  // namespace mf
