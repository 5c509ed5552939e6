// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json/object.hpp>

namespace mf::openapi {

namespace json = boost::json;

/// The Path Items of what the REST API has besides operations: sessions, contents, this description.
json::object other_paths();

}  // namespace mf::openapi
