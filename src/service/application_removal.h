// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

enum class Cascade { no, yes };  ///< retire the run templates of the application, too

/// How the one who asks named the application; a refusal points there.
struct Naming {
    std::string field, value;
    std::string file = {};
};

/// Hides an application; its jobs keep what they refer to. conflict (in_use): it has run templates that must not go.
Result<json::value> retire_application(Call& call, const Application& application, const Naming& named,
                                       Cascade cascade);

}  // namespace mf
