// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"

namespace mf {

/// A link with which somebody fetches, once, what is stored about him (GDPR, article 15).
struct DataExport {
    Id<DataExport> id;
    Id<User> user_id;
    std::string digest;  ///< token_digest() of secure/token.h
    Timestamp created_at{};
    Timestamp expires_at{};
    std::optional<Timestamp> used_at = {};
};
template <>
const Entity& entity_of<DataExport>();

}  // namespace mf
