// SPDX-License-Identifier: MIT
#pragma once

#include "domain/access.h"
#include "store/database.h"

namespace mf {

/// What somebody may do at this moment: the roles of the installation and in companies that are not retired, and the
/// own account. Assignments that have expired do not count; whoever is disabled, deleted or unknown may do nothing.
/// One statement.
Rights rights_of(Session& session, Id<User> user, Timestamp now);

/// What somebody could do if the account were enabled.
Rights granted_rights(Session& session, Id<User> user, Timestamp now);

}  // namespace mf
