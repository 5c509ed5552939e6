// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"
#include "store/database.h"

namespace mf {

/// Notes that the code of this step was used; false: it, or a later one, was used meanwhile.
bool take_totp_step(Session& session, Id<User> user, std::int64_t step);

/// Recovery codes are stored as recovery_code_digest() of secure/token.h.
void replace_recovery_codes(Session& session, Id<User> user, const std::vector<std::string>& digests);
/// True: it is one of those that are left; from now on it is none of them.
bool take_recovery_code(Session& session, Id<User> user, const std::string& digest, Timestamp now);
std::int64_t recovery_codes_left(Session& session, Id<User> user);

}  // namespace mf
