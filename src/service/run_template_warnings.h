// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "service/operation.h"

namespace mf {

/// What keeps a run template, as it is stored now, or its jobs from running, in sentences: its fault, values that are
/// missing, and what its times make impossible of its next run (attempts for which there is no time, runs that are late
/// whatever happens). Empty if nothing does. The zone is that of run templates without one.
std::vector<std::string> run_template_warnings(Call& call, const RunTemplate& run_template, const Zone& server_zone);

}  // namespace mf
