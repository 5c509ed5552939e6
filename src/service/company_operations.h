// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_company_operations(Operations& operations);
void add_company_pause_operations(Operations& operations);

/// A company by its id or its code, as people write it on a command line.
Result<Company> company_named(Call& call, std::string_view id_or_code);

/// A company that is not retired, within the scope.
Result<Id<Company>> living_company(Call& call, std::int64_t id);

/// Where a list looks: in this company only, which is one as above, or in all that the caller may see.
Result<Scope> scope_within(Call& call, std::optional<std::int64_t> company);

}  // namespace mf
