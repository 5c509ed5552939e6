// SPDX-License-Identifier: MIT
#pragma once

#include "domain/access.h"
#include "domain/user.h"
#include "store/database.h"

namespace mf {

/// What somebody may do at this moment: the roles of the installation and in companies that are not retired, and the
/// own account. Assignments that have expired do not count; whoever is disabled, deleted or unknown may do nothing.
/// One statement.
Rights rights_of(Session& session, Id<User> user, Timestamp now);

/// What somebody could do if the account were enabled.
Rights granted_rights(Session& session, Id<User> user, Timestamp now);

/// A token with its owner and what he may do at this moment, in one statement: every request of a program asks for it.
struct KnownToken {
    Id<ApiToken> id;
    Id<User> owner;
    std::string login;
    bool owner_is_enabled = false;
    std::optional<TextList> permissions, companies;  ///< as in ApiToken
    std::optional<Timestamp> expires_at, last_used_at, revoked_at;
    Rights rights_of_owner;  ///< as of rights_of()
};
std::optional<KnownToken> find_token(Session& session, const std::string& digest, Timestamp now);

/// Has anything been audited since that entry which may change what somebody may do? Every such change is, in its own
/// transaction, and entries have their ids in the order of the commits, because they are a chain.
struct RightsNews {
    bool may_have_changed = false;
    std::int64_t newest = 0;  ///< the entry up to which this goes
};
RightsNews rights_news(Session& session, std::int64_t since);

}  // namespace mf
