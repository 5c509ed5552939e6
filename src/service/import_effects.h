// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "service/operation.h"

namespace mf {

/// Of an application whose variables are stored: marks values of run templates whose variable is gone, and takes the
/// mark from those whose variable came back. Values are never erased.
void mark_orphans(Call& call, Id<Application> id);

/// Values of run templates that are none of the definition's variables: runtemplate_id, name.
json::array orphaned_values(Call& call, Id<Application> id, const ApplicationDefinition& definition);

/// Values of run templates that the definition would refuse for one of these of its variables: runtemplate_id, name,
/// problem (a sentence that never repeats a sealed value). They are kept, and jobs get them as they are.
json::array unfit_values(Call& call, Id<Application> id, const ApplicationDefinition& definition,
                         const std::vector<std::string>& variables);

/// Seals stored values of run templates whose variable has become a secret: by another version of the application, or
/// because the run template has another application now.
Result<void> seal_new_secrets(Call& call, Id<Application> id);

/// Run templates that have no value for one of these variables, neither their own nor one of their company: id, name,
/// missing. One statement for each variable, however many run templates there are.
json::array incomplete_templates(Call& call, Id<Application> id, const std::vector<std::string>& required);

}  // namespace mf
