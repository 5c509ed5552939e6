// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

Result<Artifact> find_artifact(Session& session, Scope scope, Id<Artifact> id);

/// Hands the content over in pieces, byte for byte, until `sink` returns false.
void read_artifact(Session& session, const Artifact& artifact, const std::function<bool(std::string_view)>& sink);

}  // namespace mf
