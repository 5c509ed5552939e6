// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf::openapi {

/// What an operation answers, as a schema of OpenAPI 3.1: that of its described output, or for the JSON that an
/// operation makes by hand that of a table here. Records of entities are references into components.schemas.
struct Answer {
    json::object schema;  ///< of the body over HTTP
    enum class Kind { record, list } kind = Kind::record;
};
Answer answer_of(const Operation& operation);

/// components.schemas of the entities that answers refer to.
json::object answer_schemas(const Operations& operations);

}  // namespace mf::openapi
