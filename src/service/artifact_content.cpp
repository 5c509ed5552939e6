// SPDX-License-Identifier: MIT
#include "service/artifact_content.h"

#include "store/queries/content.h"
#include "store/queries/job_output.h"

#include <fmt/format.h>

namespace mf {

Result<Artifact> find_artifact(Session& session, Scope scope, Id<Artifact> id) {
    auto found = Repository<Artifact>(session, scope).find(id);
    if (!found) return Error{ErrorCode::not_found, fmt::format("Artifact not found: ID={}", id.value)};
    return found;
}

void read_artifact(Session& session, const Artifact& artifact, const std::function<bool(std::string_view)>& sink) {
    if (artifact.kind == ArtifactKind::file) {
        for (std::int64_t seq = 0;; ++seq) {
            const auto piece = read_content_piece(session, artifact.sha256, seq);
            if (!piece || !sink(*piece)) return;
        }
    }
    const auto source =
        artifact.kind == ArtifactKind::stdout_text ? OutputSource::standard_output : OutputSource::standard_error;
    for (std::int64_t after = -1;;) {
        const auto pieces = read_output(session, artifact.job_id, after, source);
        if (pieces.empty()) return;
        for (const auto& piece : pieces)
            if (!sink(piece.bytes)) return;
        after = pieces.back().seq;
    }
}

}  // namespace mf
