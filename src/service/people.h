// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_user_operations(Operations& operations);
void add_user_access_operations(Operations& operations);
void add_user_password_operations(Operations& operations);
void add_token_operations(Operations& operations);
void add_account_operations(Operations& operations);
void add_data_export_operations(Operations& operations);
void add_erasure_operations(Operations& operations);

// ---- what they share ----

/// Names somebody; the first that is given counts.
struct PersonLookup {
    std::optional<std::int64_t> id = {};
    std::optional<std::string> login = {};
    std::optional<std::string> email = {};
    bool empty() const { return !id && !login && !email; }
};
/// Somebody who is not deleted. conflict: several people have the e-mail address.
Result<User> find_person(Call& call, const PersonLookup& by);
/// The one who asks. forbidden: that is nobody with an account.
Result<User> find_oneself(Call& call);

/// A record without hashes and sealed secrets: "password" is empty.
json::object shown_user(const User& user);

/// May the one who asks change this account or act for it? Only if he has all the rights that it has: otherwise he
/// could become more than he is. An administrator cannot change a super_admin nor the account of the
/// administrator of the machine, whatever roles that has, nor can a token that is bound to some
/// permissions or companies change whoever has others.
Result<void> may_change(Call& call, const User& person);

/// Refuses to make an account with this login, or to give it to one: that of the administrator of the machine is for a
/// super_admin, and for him.
Result<void> may_give_login(const Call& call, std::string_view login);

/// Refuses when this is the last account that holds super_admin for good: afterwards nobody could grant it again.
Result<void> keep_a_super_admin(Call& call, const User& without);

/// Refuses to give rights that the one who asks does not have.
Result<void> may_grant(const Call& call, const Rights& granted, std::string_view what);

/// Refuses to give rights for longer than the one who asks has them himself; no end: for ever.
Result<void> may_grant_until(Call& call, const Rights& granted, const std::optional<Timestamp>& end);

/// Refuses whoever came with a token that is narrower than its owner: with a new key or password he could do more, and
/// without the owner's other tokens the owner less.
Result<void> is_unrestricted(const Call& call);

/// Gives somebody a password that keeps to the rules, or one that is hashed already (only when `hashed` allows it):
/// in the record only, to be stored by the caller.
enum class GivenAs { text, text_or_hash };
Result<void> set_password(const Call& call, User& person, const std::string& password, GivenAs as);
/// What has to happen when a new password is stored: open sessions end, links are void.
void password_was_changed(Call& call, const User& person, Id<LoginSession> except = {});

/// Turns the second factor off in the record and removes the recovery codes.
void turn_totp_off(Call& call, User& person);

}  // namespace mf
