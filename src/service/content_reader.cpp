// SPDX-License-Identifier: MIT
#include "service/content_reader.h"

#include "base/digest.h"
#include "service/artifact_content.h"
#include "store/queries/job_output.h"

#include <fmt/format.h>

namespace mf {
namespace {

class JobOutputReader final : public ContentReader {
public:
    JobOutputReader(Database& database, Scope scope, Id<Job> job, JobStream stream)
        : database_(database),
          scope_(std::move(scope)),
          job_(job),
          source_(stream == JobStream::out ? OutputSource::standard_output : OutputSource::standard_error) {}

    Result<std::string> next() override {
        bool exists = false;
        const auto pieces = database_.read([&](Session& session) {
            exists = static_cast<bool>(Repository<Job>(session, scope_).find(job_));
            return exists ? read_output(session, job_, after_, source_) : std::vector<OutputPiece>();
        });
        if (!exists) return Error{ErrorCode::not_found, "No job found with given identifier"};
        std::string out;
        for (const auto& piece : pieces) out += piece.bytes;
        if (!pieces.empty()) after_ = pieces.back().seq;
        return out;
    }

    Result<std::uint64_t> skip(std::uint64_t bytes) override {
        const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
        const auto whole = database_.read([&](Session& session) -> Result<WholePieces> {
            if (!Repository<Job>(session, scope_).find(job_))
                return Error{ErrorCode::not_found, "No job found with given identifier"};
            return whole_pieces_within(session, job_, after_, source_, most);
        });
        if (!whole) return whole.error();
        after_ = whole->last_seq;
        return static_cast<std::uint64_t>(whole->bytes);
    }

private:
    Database& database_;
    const Scope scope_;
    const Id<Job> job_;
    const OutputSource source_;
    std::int64_t after_ = -1;
};

class ArtifactReader final : public ContentReader {
public:
    ArtifactReader(Database& database, Artifact artifact) : database_(database), artifact_(std::move(artifact)) {}

    Result<std::string> next() override {
        const auto [pieces, next] = database_.read([&](Session& session) {
            auto after = position_;
            auto read = read_artifact(session, artifact_, after);
            return std::pair(std::move(read), after);
        });
        std::string out;
        for (const auto& piece : pieces) out += piece;
        handed_over_ += std::ssize(out);
        digest_.add(out);
        position_ = next;
        if (!out.empty()) return out;
        // Of a part there is no checksum.
        const bool is_right = has_skipped_ || digest_.hex() == artifact_.sha256;
        if (handed_over_ == artifact_.size && is_right) return out;
        return Error{ErrorCode::unavailable,
                     fmt::format("The content of artifact {} in the database is damaged: {} of its {} bytes, {} "
                                 "SHA-256.",
                                 artifact_.id.value, handed_over_, artifact_.size, is_right ? "the right" : "another")};
    }

    Result<std::uint64_t> skip(std::uint64_t bytes) override {
        const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
        const auto [skipped, behind] = database_.read([&](Session& session) {
            auto position = position_;
            const auto whole = skip_artifact(session, artifact_, position, most);
            return std::pair(whole, position);
        });
        position_ = behind;
        handed_over_ += skipped;
        has_skipped_ = has_skipped_ || skipped > 0;
        return static_cast<std::uint64_t>(skipped);
    }

private:
    Database& database_;
    const Artifact artifact_;
    ArtifactPosition position_;
    std::int64_t handed_over_ = 0;  // or skipped
    bool has_skipped_ = false;
    Sha256 digest_;
};

}  // namespace

Result<std::unique_ptr<ContentReader>> open_job_output(Database& database, const Scope& scope, Id<Job> job,
                                                       JobStream stream) {
    const auto found = database.read([&](Session& session) { return Repository<Job>(session, scope).find(job); });
    if (!found) return Error{ErrorCode::not_found, "No job found with given identifier"};
    return std::unique_ptr<ContentReader>(std::make_unique<JobOutputReader>(database, scope, job, stream));
}

Result<OutputExtent> extent_of_output(Database& database, const Scope& scope, Id<Job> job, JobStream stream) {
    return database.read([&](Session& session) -> Result<OutputExtent> {
        const auto found = Repository<Job>(session, scope).find(job);
        if (!found) return Error{ErrorCode::not_found, "No job found with given identifier"};
        const auto sizes = recorded_sizes(session, job);
        const auto bytes = stream == JobStream::out ? sizes.standard_output : sizes.standard_error;
        return OutputExtent{static_cast<std::uint64_t>(bytes), found->end.has_value()};
    });
}

Result<OpenedArtifact> open_artifact(Database& database, const Scope& scope, Id<Artifact> id) {
    auto found = database.read([&](Session& session) { return find_artifact(session, scope, id); });
    if (!found) return found.error();
    auto content = std::make_unique<ArtifactReader>(database, *found);
    return OpenedArtifact{*std::move(found), std::move(content)};
}

}  // namespace mf
