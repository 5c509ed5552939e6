// SPDX-License-Identifier: MIT
#include "probe/check.h"

namespace mf::probe {

std::string_view name_of(State state) {
    switch (state) {
        case State::ok: return "ok";
        case State::warning: return "warning";
        case State::unknown: return "unknown";
        case State::critical: return "critical";
    }
    return "unknown";
}

int exit_code_of(State state) {
    switch (state) {
        case State::ok: return 0;
        case State::warning: return 1;
        case State::critical: return 2;
        case State::unknown: return 3;
    }
    return 3;
}

}  // namespace mf::probe
