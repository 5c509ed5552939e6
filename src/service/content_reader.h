// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

#include <memory>

namespace mf {

/// The content of something, piece by piece (about a megabyte), each read in a transaction of its own, so that nobody
/// is held up by whoever takes it slowly.
class ContentReader {
public:
    virtual ~ContentReader() = default;
    /// The next piece; empty: that was all. unavailable: what is in the database is damaged. not_found: it was removed
    /// meanwhile.
    virtual Result<std::string> next() = 0;
    /// Leaves out what comes next, at most so many bytes and as far as that goes without reading them; returns how
    /// many.
    virtual Result<std::uint64_t> skip(std::uint64_t /*bytes*/) { return std::uint64_t{0}; }
};

/// The recorded bytes of one stream of a job, as far as they are there. The database must outlive it. not_found: no
/// such job within the scope.
enum class JobStream { out, err };
Result<std::unique_ptr<ContentReader>> open_job_output(Database& database, const Scope& scope, Id<Job> job,
                                                       JobStream stream);

/// How much of a stream is recorded now, and whether more may come. not_found: as above.
struct OutputExtent {
    std::uint64_t bytes = 0;
    bool is_complete = false;
};
Result<OutputExtent> extent_of_output(Database& database, const Scope& scope, Id<Job> job, JobStream stream);

/// An artifact, and its content, whose checksum is compared at the end, unless something was skipped.
struct OpenedArtifact {
    Artifact artifact;
    std::unique_ptr<ContentReader> content;
};
Result<OpenedArtifact> open_artifact(Database& database, const Scope& scope, Id<Artifact> id);

}  // namespace mf
