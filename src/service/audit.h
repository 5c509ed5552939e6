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

}  // namespace mf
