// SPDX-License-Identifier: MIT
#pragma once

#include "cli/invocation.h"

namespace mf {

/// A job as `job:get` shows it, without its output.
json::object shaped_job(Invocation& in, const json::object& canonical);

}  // namespace mf
