// SPDX-License-Identifier: MIT
#pragma once

#include "domain/environment.h"
#include "store/database.h"

namespace mf {

// What jobs inherit from the server that runs them is known to that server alone; it publishes it with its node, so
// that others can show the environment of a job.

/// For the column "environment" of its node: a JSON object, secrets without their value.
std::string published_environment(const std::vector<GivenVariable>& inherited);

/// What the executor that was seen last has published, secrets masked; none: no executor runs.
std::optional<std::vector<GivenVariable>> published_environment(Session& session);

}  // namespace mf
