// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "service/operation.h"

namespace mf {

/// Makes the rows that belong to an application (texts, variables, artifacts, exit codes, data) say what the definition
/// says. Rows are matched by their natural keys; those that stay keep their ids.
Result<void> store_application_rows(Call& call, const ApplicationDefinition& definition, Id<Application> id);

}  // namespace mf
