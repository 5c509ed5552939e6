// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

#include <set>

namespace mf::openapi {

/// Statuses besides success that an operation can have over HTTP and that have a line of their own in the description:
/// 304, 400, 401, 403, 404, 409, 412, 429. Which ones is derived from the description of the operation, and from lists
/// of those that look up or refuse more than their route shows; the tests of the contract provoke each, and fail on
/// others. `operations` tell whether GET shows what this one changes.
std::set<int> problem_statuses(const Operation& operation, const Operations& operations);

/// Does GET show the record that a change with this route is about? Then If-Match is possible.
bool has_tag(const Operation& operation, const Operations& operations);

}  // namespace mf::openapi
