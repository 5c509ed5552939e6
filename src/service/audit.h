// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// What somebody did, in the transaction that does it. Details are JSON for people; never hand in a secret.
struct AuditEntry {
    std::string_view entity;  ///< "company"
    std::int64_t id = 0;
    std::string_view action;  ///< "create"
    std::optional<Id<Company>> company = {};
    json::object details = {};
};
void audit(Call& call, const AuditEntry& entry);

/// Which fields differ, with old and new value; secret ones are masked.
json::object changed_fields(const Entity& entity, const void* before, const void* after);

}  // namespace mf
