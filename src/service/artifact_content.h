// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

Result<Artifact> find_artifact(Session& session, const Scope& scope, Id<Artifact> id);

/// Where the reading of an artifact has come to; a new one begins at the start.
struct ArtifactPosition {
    std::int64_t next = 0;
};
/// The next pieces of the content, byte for byte, about a megabyte; empty at the end.
std::vector<std::string> read_artifact(Session& session, const Artifact& artifact, ArtifactPosition& position);

/// Moves the position behind whole pieces that lie within so many bytes, without reading them; returns their bytes.
std::int64_t skip_artifact(Session& session, const Artifact& artifact, ArtifactPosition& position, std::int64_t bytes);

}  // namespace mf
