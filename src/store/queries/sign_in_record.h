// SPDX-License-Identifier: MIT
#pragma once

#include "domain/sign_in_limit.h"
#include "domain/user.h"
#include "store/database.h"

namespace mf {

/// Who tries to sign in, as attempts are recorded.
struct SignInParty {
    std::string login;  ///< recorded_login()
    std::string group;  ///< address_group()
};

/// What is recorded of a login that was typed: itself if somebody has it, otherwise its SHA-256, because people type
/// passwords in the wrong place.
std::string recorded_login(std::string_view typed, bool somebody_has_it);

/// What judge_sign_in() wants to know.
SignInHistory sign_in_history(Session& session, const SignInParty& party, Timestamp now, const SignInLimits& limits);

/// Notes an attempt as failed, before the password is compared: so attempts that come at the same time count each
/// other. Its number, for the two below.
std::int64_t record_attempt(Session& session, const SignInParty& party, Timestamp now);
void record_success(Session& session, std::int64_t attempt);
/// The attempt neither failed nor succeeded.
void withdraw_attempt(Session& session, std::int64_t attempt);

/// How many failures of this party no entry of the audit log speaks of yet; from now on one does.
std::int64_t take_unaudited_failures(Session& session, const SignInParty& party);
/// When the last failure was that an entry speaks of.
std::optional<Timestamp> last_audited_failure(Session& session, const SignInParty& party);

/// Ends what somebody has open in browsers, but for one session; how many.
std::int64_t end_sessions(Session& session, Id<User> user, Timestamp now, Id<LoginSession> except = {});

/// Signing out; false: there is no such session any more.
bool end_session(Session& session, const std::string& digest, Timestamp now);
void touch_session(Session& session, Id<LoginSession> id, Timestamp now);
/// All tokens of somebody are good for nothing from now on.
void revoke_tokens(Session& session, Id<User> user, Timestamp now);
void note_token_use(Session& session, Id<ApiToken> id, std::string_view address, Timestamp now);

/// Removes what counts no longer: old attempts, sessions and links, sign-ins at other providers that nobody finished.
void forget_old_sign_ins(Session& session, Timestamp now, const SignInLimits& limits = {});

}  // namespace mf
