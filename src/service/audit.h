// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// What somebody did. It is written at the end of the transaction that does it, with the name and the address of the
/// one who asked. Details are JSON for people; never hand in a secret.
struct AuditNote {
    std::string_view entity;  ///< "company"
    std::optional<std::int64_t> id = {};
    std::string_view action;  ///< "create"
    std::optional<Id<Company>> company = {};
    json::object details = {};
};
void audit(Call& call, const AuditNote& note);

/// Which fields differ, with old and new value; secret ones are masked.
json::object changed_fields(const Entity& entity, const void* before, const void* after);

/// What a record says that is made or removed: the fields that differ from an empty one, secrets masked.
json::object told_fields(const Entity& entity, const void* empty, const void* record);
template <class T>
json::object told_fields(const T& record) {
    const T empty{};
    return told_fields(entity_of<T>(), &empty, &record);
}

/// Which members of two objects of shown values differ: {from, to} for each, null where there is none. Those of `given`
/// are told even if both are masked.
json::object changed_members(const json::object& before, const json::object& after,
                             std::span<const std::string> given = {});

}  // namespace mf
