// SPDX-License-Identifier: MIT
#pragma once

#include "service/perform.h"

namespace mf {

/// How the tokens begin that are made here; others that people chose may begin otherwise.
inline constexpr std::string_view token_prefix = "mfx_";

/// Who acts with this token: its owner, with the rights of this moment, as far as the token lets them. The use is
/// noted, once a minute at most. forbidden: nobody has such a token, it was revoked, it has expired, or its owner is
/// disabled; the sentence shows nothing of it.
Result<Caller> caller_of_token(Database& database, std::string_view token, std::string_view entry,
                               std::string_view address, Timestamp now);

/// The rights that the token with this digest (secure/token.h) gives at this moment; that is no use of it. forbidden:
/// as above.
Result<Rights> rights_of_token(Session& session, const std::string& digest, Timestamp now);

}  // namespace mf
