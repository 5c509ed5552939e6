// SPDX-License-Identifier: MIT
#pragma once

#include "probe/checks.h"

#include <stdexcept>

namespace mf::probe::testing {

/// Settings as a job would get them.
inline Settings settings_of(const Environment& environment) {
    auto settings = read_settings(environment);
    if (!settings) throw std::runtime_error(settings.error().message);
    return *settings;
}

/// Plans one check, runs it, and gives what it found.
inline std::vector<Observation> observe(std::vector<Task> (*planner)(const Settings&, const Machine&),
                                        const Settings& settings, const Machine& machine = {}) {
    return run(planner(settings, machine));
}

}  // namespace mf::probe::testing
