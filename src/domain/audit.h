// SPDX-License-Identifier: MIT
#pragma once

#include "domain/company.h"

namespace mf {

/// What somebody did: a link of a chain. `hash` covers everything of the entry but its key, and the hash of the entry
/// before, so that an entry which is altered, removed or put in between shows (store/queries/audit_chain.h).
struct AuditEntry {
    Id<AuditEntry> id;
    std::optional<std::int64_t> seq;  ///< 1, 2, 3 …; none: made before there was a chain
    Timestamp at{};
    std::optional<Id<User>> user_id;
    std::string login;  ///< stays when the account is gone
    std::optional<Id<Company>> company_id;
    std::string entity;  ///< "company"
    std::optional<std::int64_t> entity_id;
    std::string action;   ///< "create"
    std::string entry;    ///< the way in: "cli", "api", "web", "server"
    std::string address;  ///< where from, if the way in knows
    std::string details;  ///< JSON for people: what was before and what came after, secrets masked
    std::string previous;
    std::string hash;
};
template <>
const Entity& entity_of<AuditEntry>();

/// The SHA-256, in hexadecimal, that belongs to an entry with these contents and this `previous`.
std::string hash_of(const AuditEntry& entry);

}  // namespace mf
