// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_company_operations(Operations& operations);
void add_company_pause_operations(Operations& operations);

/// A company by its id or its code, as people write it on a command line.
Result<Company> company_named(Call& call, std::string_view id_or_code);

}  // namespace mf
