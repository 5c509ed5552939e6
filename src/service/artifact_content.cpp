// SPDX-License-Identifier: MIT
#include "service/artifact_content.h"

#include "store/queries/content.h"
#include "store/queries/job_output.h"

#include <fmt/format.h>

namespace mf {

namespace {

OutputSource output_of(const Artifact& artifact) {
    return artifact.kind == ArtifactKind::stdout_text ? OutputSource::standard_output : OutputSource::standard_error;
}

}  // namespace

Result<Artifact> find_artifact(Session& session, const Scope& scope, Id<Artifact> id) {
    auto found = Repository<Artifact>(session, scope).find(id);
    if (!found) return Error{ErrorCode::not_found, fmt::format("Artifact not found: ID={}", id.value)};
    return found;
}

std::vector<std::string> read_artifact(Session& session, const Artifact& artifact, ArtifactPosition& position) {
    std::vector<std::string> out;
    if (artifact.kind == ArtifactKind::file) {
        if (auto piece = read_content_piece(session, artifact.sha256, position.next)) {
            ++position.next;
            out.push_back(*std::move(piece));
        }
        return out;
    }
    for (auto& piece : read_output(session, artifact.job_id, position.next - 1, output_of(artifact))) {
        position.next = piece.seq + 1;
        out.push_back(std::move(piece.bytes));
    }
    return out;
}

std::int64_t skip_artifact(Session& session, const Artifact& artifact, ArtifactPosition& position, std::int64_t bytes) {
    if (artifact.kind == ArtifactKind::file) {
        const auto whole = content_pieces_within(session, artifact.sha256, position.next, bytes);
        position.next = whole.next_seq;
        return whole.bytes;
    }
    const auto whole = whole_pieces_within(session, artifact.job_id, position.next - 1, output_of(artifact), bytes);
    position.next = whole.last_seq + 1;
    return whole.bytes;
}

}  // namespace mf
