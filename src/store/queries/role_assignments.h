// SPDX-License-Identifier: MIT
#pragma once

#include "domain/access.h"
#include "store/database.h"

namespace mf {

/// A role of the installation that somebody has, or had until it expired.
struct AssignedRole {
    std::int64_t id = 0;
    std::string role;
    Timestamp assigned_at{};
    std::optional<Timestamp> expires_at = {};
};
/// In the order of their names.
std::vector<AssignedRole> assigned_roles(Session& session, Id<User> user);

/// A role that is there already gets another end.
void assign_role(Session& session, Id<User> user, SystemRole role, std::optional<Timestamp> expires, Id<User> by,
                 Timestamp now);
void take_role(Session& session, Id<User> user, std::string_view role);

/// Is the role held at this moment by somebody who may sign in?
bool holds_role(Session& session, Id<User> user, SystemRole role, Timestamp now);
/// The same, by anybody else, without an end?
bool is_held_by_another(Session& session, Id<User> than, SystemRole role);

/// Whoever calls these has made sure that the company may be managed. The role that was there before; none: no member.
std::optional<std::string> set_member(Session& session, Id<Company> company, Id<User> user, CompanyRole role,
                                      Id<User> by, Timestamp now);
std::optional<std::string> remove_member(Session& session, Id<Company> company, Id<User> user);

/// Takes all roles, keys, codes and links of somebody, and ends the sessions.
void take_all_access(Session& session, Id<User> user, Timestamp now);

}  // namespace mf
