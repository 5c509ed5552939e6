// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// JSON Schema (2020-12) of the input of an operation, as perform() takes it: that of its entity
/// (domain/entity_schema.h), where a company may be named by its code as well.
json::object input_schema(const Operation& operation);

}  // namespace mf
