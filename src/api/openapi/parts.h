// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

// Parts that several operations of the description share: components of OpenAPI 3.1 and references to them.

namespace mf::openapi {

namespace json = boost::json;

/// {"$ref": "#/components/<kind>/<name>"}
json::object reference(std::string_view kind, std::string_view name);

/// A response with a body of this media type.
json::object response_with(std::string_view description, std::string_view media_type, json::object schema);

/// Of components.responses: what each status is described by; 0 is every one that has no line of its own.
std::string_view response_name(int status);

json::object shared_responses();
json::object shared_parameters();
json::object shared_headers();
json::object security_schemes();
/// A problem (RFC 9457) as api/problem.h makes it.
json::object problem_schema();

}  // namespace mf::openapi
