// SPDX-License-Identifier: MIT
#pragma once

#include "domain/environment.h"
#include "service/launch.h"

namespace mf {

/// Stores values of a run template, each checked against the type its application declares (secret ones sealed), and
/// removes others. Every wrong value is complained about at once; nothing is stored then.
Result<void> store_configuration(Call& call, const RunTemplate& run_template, const TextMap& values,
                                 const TextList& removed);

/// The stored values for people: secrets masked; declared secrets without a value as "(not set)".
json::object shown_configuration(Call& call, const RunTemplate& run_template);

/// The environment a job of this run template would get now: every variable with its winning layer and what it
/// shadows, what is missing, and warnings. For `runtemplate env`.
Result<json::value> explain_environment(Call& call, const RunTemplate& run_template);

/// Who a job is for, as far as its environment depends on it.
struct EnvironmentSubject {
    const RunTemplate& run_template;
    ExecutorKind executor = ExecutorKind::native;
    std::int64_t job_id = 0;          ///< 0: no job yet
    std::string work_directory = {};  ///< what MULTIFLEXI_TMP will be
    LaunchValues launch = {};
    AllowedNames allowed_names = {};  ///< dangerous names that the operator permits
};

/// The layers of a job's environment from the store, sealed values opened. Errors: a sealed value that does not open.
Result<EnvironmentLayers> environment_layers(Session& session, const Vault& vault, const EnvironmentSubject& subject);

}  // namespace mf
