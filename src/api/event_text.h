// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <string>

namespace mf {

/// A moment as records of the API have it: "2026-01-31T02:00:00.250Z".
std::string event_time(Timestamp at);

}  // namespace mf
