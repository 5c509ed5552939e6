// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_application_operations(Operations& operations);
void add_company_application_operations(Operations& operations);

/// An application that is not retired, by id or uuid (name only when neither is given).
Result<Application> find_application(Call& call, std::optional<std::int64_t> id, const std::optional<std::string>& uuid,
                                     const std::optional<std::string>& name = {});

/// Notes that the company uses the application; true if it did not before.
bool assign_application(Call& call, Id<Company> company, Id<Application> application);

}  // namespace mf
