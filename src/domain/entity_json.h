// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "domain/entity.h"
#include "domain/secret_text.h"

namespace mf {

/// Times print as ISO 8601 UTC, secrets masked. Many records are made faster in a memory that they share, such as a
/// json::monotonic_resource.
json::object to_json(const Entity& entity, const void* record, const json::storage_ptr& memory = {});
/// The same of a row of its table, which need not become a record first: a value for each field, as databases give
/// them.
json::object row_to_json(const Entity& entity, std::span<const Value> row, const json::storage_ptr& memory = {});
/// Appends to_text(row_to_json(entity, row)).
void append_row(std::string& out, const Entity& entity, std::span<const Value> row);

template <class T>
json::object to_json(const T& record, const json::storage_ptr& memory = {}) {
    return to_json(entity_of<T>(), &record, memory);
}

/// Copies known, writable fields; complains about every wrong one at once. Text that stands for a number or a boolean
/// (as it comes from a command line or a form) is converted.
Result<void> from_json(const Entity& entity, const json::object& input, void* record);

/// One field from what a person typed; an error sentence names the field and what it accepts.
Result<Value> value_from_text(const Field& field, std::string_view text);

}  // namespace mf
