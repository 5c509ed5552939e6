// SPDX-License-Identifier: MIT
#pragma once

#include "domain/process_environment.h"
#include "execute/artifact_collector.h"
#include "execute/executor.h"
#include "secure/vault.h"
#include "store/queries/job_queue.h"

namespace mf {

/// A claimed job with everything its execution needs. Contains secrets: never written to disk or log as a whole.
struct PreparedJob {
    JobPlan plan;
    ArtifactRules artifacts;
    std::vector<std::string> artifact_notes;  ///< for people, one for each pattern
    std::vector<std::string> secrets;         ///< values to mask in the output
    std::string app_version;
    std::string command;      ///< for people, secrets masked
    std::string environment;  ///< JSON for job_environment, secrets masked
};

/// Why a job is not run. It is recorded as blocked, with what is known of its command and environment.
struct BlockedJob {
    std::string reason;
    std::string command;
    std::string environment;
    std::string app_version;
};

/// A localized text as the store keeps it (a JSON text or object of languages): in English, else the first.
std::string text_in_english(const std::string& json_text);

/// What a server lets into the environments of its jobs.
struct JobSurroundings {
    EnvironmentMap inherited;         ///< of the server's own environment
    AllowedNames allowed_names = {};  ///< dangerous names that the operator permits
};

/// Assembles what a claimed job runs with. `work_directory` is where it will run.
std::variant<PreparedJob, BlockedJob> prepare_job(Session& session, const Vault& vault, const ClaimedJob& claimed,
                                                  const std::filesystem::path& work_directory,
                                                  const JobSurroundings& surroundings);

}  // namespace mf
