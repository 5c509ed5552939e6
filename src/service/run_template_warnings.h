// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "service/credential_requirements.h"
#include "service/operation.h"

namespace mf {

/// What keeps a run template, as it is stored now, or its jobs from running, in sentences: its fault, values that are
/// missing, requirements of its application that no credential meets, credentials that are incomplete, and what its
/// times make impossible of its next run (attempts for which there is no time, runs that are late whatever happens);
/// and which secrets its jobs would show in their arguments. Empty if there is nothing. The zone is that of run
/// templates without one.
std::vector<std::string> run_template_warnings(Call& call, const RunTemplate& run_template, const Zone& server_zone);

/// The part about requirements and credentials.
std::vector<std::string> requirement_warnings(Session& session, const RunTemplate& run_template);
/// Adds "requirements", for each {prototype, state, credential_id, credential} (the last two null unless one is
/// assigned), and "warnings", as above.
void add_requirements(Call& call, const RunTemplate& run_template, json::object& record);

}  // namespace mf
