// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace mf::openapi {

namespace json = boost::json;

/// What a value is of: the member `name` of something that operations of this tag are about.
struct Place {
    std::string_view tag, name;
};

/// A plausible value of a schema, the same at every call. `schemas` are those of components, which references lead to.
/// It satisfies the schema.
json::value example_of(const json::object& schema, Place place, const json::object& schemas);

/// Of an input of such operations, whose members exclude each other at times: what is required, and the few others that
/// tell most.
json::object example_of_input(const json::object& schema, std::string_view tag, const json::object& schemas);

}  // namespace mf::openapi
