// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// runtemplate:clone, which copies a run template with its values and credentials.
void add_run_template_clone_operation(Operations& operations);

}  // namespace mf
