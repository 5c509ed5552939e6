// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity_json.h"

namespace mf {

/// What an operation cannot do without: names of fields, or of several of which one must be given ("app_id|app_uuid").
using Needs = std::vector<std::string_view>;

/// The error of an input that has none of these: "id is required, or name." The fields have their names of the
/// operation; how a command line calls them is its own affair.
Error missing_input(std::initializer_list<std::string_view> alternatives);

/// Reads an input into the struct that the entity describes. invalid: with everything that is wrong with it, unknown
/// and missing fields included. What is null is missing.
Result<void> read_operation_input(const Entity& entity, const Needs& needs, const json::object& input, void* record);

/// The same for an input that nothing has looked at: the code of a company may stand for its number.
Result<void> check_operation_input(const Entity& entity, const Needs& needs, json::object input, void* record);

/// What was wrong with an input when it was read, and what a check of the struct says of other fields.
Result<void> with_complaints(Result<void> read, const Result<void>& checked);

}  // namespace mf
