// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_run_template_operations(Operations& operations);

/// A run template that is not retired. A name that several have is a conflict.
Result<RunTemplate> find_run_template(Call& call, std::optional<std::int64_t> id,
                                      const std::optional<std::string>& name = {});

}  // namespace mf
