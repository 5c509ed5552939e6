// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Which credentials the jobs of a run template get: runtemplate:assign-credential, :unassign-credential,
/// :list-credentials. A credential is of the company of the run template, and there is at most one of each prototype.
void add_credential_assignment_operations(Operations& operations);

}  // namespace mf
