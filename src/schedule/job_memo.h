// SPDX-License-Identifier: MIT
#pragma once

#include "service/job_preparation.h"

namespace mf {

/// What a later run of the server needs of a prepared job to take it up and record it (JobPlan::memo), sealed: it names
/// the secrets to look for in names of files.
std::string seal_memo(const Vault& vault, const PreparedJob& prepared);

/// The same job without what was needed for its start alone: arguments and environment. The error says why the memo
/// does not open.
Result<PreparedJob> open_memo(const Vault& vault, std::string_view memo, Id<Job> job);

}  // namespace mf
