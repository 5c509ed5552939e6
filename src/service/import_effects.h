// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Of an application whose variables are stored: marks values of run templates whose variable is gone, and takes the
/// mark from those whose variable came back. Values are never erased. Answers with those that are marked now:
/// runtemplate_id, name.
json::array mark_orphans(Call& call, Id<Application> id);

/// Seals stored values of run templates whose variable has become a secret: by another version of the application, or
/// because the run template has another application now.
void seal_new_secrets(Call& call, Id<Application> id);

/// Run templates that have no value for one of these variables, neither their own nor one of their company: id, name,
/// missing. One statement for each variable, however many run templates there are.
json::array incomplete_templates(Call& call, Id<Application> id, const std::vector<std::string>& required);

}  // namespace mf
