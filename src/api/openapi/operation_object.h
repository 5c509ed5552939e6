// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf::openapi {

/// The method in small letters and the path of an operation.
struct Route {
    std::string method, path;
};
Route route_of(const Operation& operation);

/// The resource that an operation is listed under: the first word of its path.
std::string_view tag_of(const Operation& operation);

/// Can a request be sent again without being done again?
bool takes_idempotency_key(const Operation& operation);

/// The Operation Object (OpenAPI 3.1, section 4.8.10) of an operation. `schemas` are those of components.
json::object operation_object(const Operation& operation, const Operations& operations, const json::object& schemas);

}  // namespace mf::openapi
