// SPDX-License-Identifier: MIT
#pragma once

#include "domain/process_environment.h"
#include "execute/artifact_collector.h"
#include "execute/executor.h"
#include "secure/vault.h"
#include "service/credential_requirements.h"
#include "service/environment_layers.h"
#include "service/field_columns.h"
#include "store/queries/event_firing.h"
#include "store/queries/job_claim.h"

#include <set>

namespace mf {

/// A claimed job with everything its execution needs. Contains secrets: never written to disk or log as a whole.
/// A file that the job finds in its work directory.
struct InputFile {
    std::string name;
    Id<Artifact> artifact;  ///< whose content it is
};

struct PreparedJob {
    JobPlan plan;
    ArtifactRules artifacts;
    std::vector<std::string> artifact_notes;  ///< for people, one for each pattern
    std::string app_version;
    std::string command;      ///< for people, secrets masked
    std::string environment;  ///< JSON for job_environment, secrets masked
    std::vector<InputFile> inputs = {};
};

/// Why a job is not run. It is recorded as blocked, with what is known of its command and environment.
struct BlockedJob {
    std::int64_t exit_code = exit_code_of_blocked;
    std::string reason;
    std::string command;
    std::string environment;
    std::string app_version;
};

/// What a server lets into the environments of its jobs.
struct JobSurroundings {
    std::vector<GivenVariable> inherited;  ///< of the server's own environment
    AllowedNames allowed_names = {};       ///< dangerous names that the operator permits
};

/// Assembles what claimed jobs run with. Everything is read at once, with the same few statements however many jobs
/// they are; assembling needs no database.
class JobPreparation {
public:
    JobPreparation(Session& session, std::span<const ClaimedJob> claimed);

    /// Somebody wants it to end before it has begun.
    bool is_unwanted(const ClaimedJob& claimed) const { return unwanted_.contains(claimed.job.id.value); }
    using Provided = std::map<std::int64_t, std::vector<ProvidedVariable>>;  ///< by credential
    /// What providers have to be asked before it can be prepared; usually nothing, and nothing for a job that is going
    /// to be blocked. An error blocks the job.
    Result<std::vector<CredentialQuestion>> questions(const Vault& vault, const ClaimedJob& claimed) const {
        if (!requirements_->unmet(claimed.run_template.id).empty()) return std::vector<CredentialQuestion>();
        return layers_.credentials().questions(vault, claimed.run_template.id);
    }
    /// `claimed` is one of those given to the constructor, `work_directory` is where it will run, `provided` what its
    /// questions came to.
    std::variant<PreparedJob, BlockedJob> prepare(const Vault& vault, const ClaimedJob& claimed,
                                                  const std::filesystem::path& work_directory,
                                                  const JobSurroundings& surroundings,
                                                  const Provided& provided = {}) const;

private:
    struct Pattern {
        std::string path, note;
    };
    struct ApplicationFacts {
        std::string executable, arguments, image, version, result_file;
        std::vector<Pattern> artifacts;
    };
    LayerRows layers_;
    std::map<std::int64_t, ApplicationFacts> applications_;
    std::optional<Requirements> requirements_;
    std::set<std::int64_t> unwanted_;
    std::map<std::int64_t, std::vector<InputArtifact>> inputs_;
};

}  // namespace mf
