// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity.h"

#include <boost/json/object.hpp>

// JSON Schema (draft 2020-12, which OpenAPI 3.1 uses as well) of described entities. Pure functions of the field table;
// what they say is a promise about from_json() and to_json(), which are more lenient than they have to be.

namespace mf {

namespace json = boost::json;

/// Of what from_json() takes: fields that may be written, no others. An option may be left out; null means the same.
/// maxLength counts characters and the limit of a field bytes, so it bounds from above. Secrets are writeOnly with the
/// format "password". `defaults` is a record of the entity whose values hold where the input says nothing; null: they
/// are not told.
json::object input_schema(const Entity& entity, const void* defaults = nullptr);

/// Of what to_json() gives: every field, times as date-time, secrets as the text that is shown in their place. Others
/// may stand beside them. What only the server sets is readOnly.
json::object record_schema(const Entity& entity);

}  // namespace mf
