// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/entity.h"

namespace mf {

/// Somebody who signs in, or who may be named as the one who launched a job or changed something.
struct User {
    Id<User> id;
    std::string login;
    std::optional<std::string> email;
    std::optional<std::string> firstname;
    std::optional<std::string> lastname;
    bool enabled = false;  ///< may sign in, and the tokens are good
    Timestamp created_at{};
    std::string password = {};  ///< a hash (secure/password.h); empty: no password is right
    std::optional<Timestamp> password_changed_at = {};
    std::optional<std::string> settings = {};  ///< free text of clients
    std::optional<std::string> totp = {};      ///< the secret of the authenticator program, sealed
    bool totp_enabled = false;                 ///< a code is asked for
    std::optional<std::int64_t> totp_last_step = {};
    std::optional<Timestamp> last_login_at = {};
    std::optional<std::string> last_login_address = {};
    Timestamp updated_at{};
    std::optional<std::int64_t> live = 1;  ///< none: deleted, kept because jobs name it
};
template <>
const Entity& entity_of<User>();

/// Login and e-mail address, as errors of their fields.
Result<void> check(const User& user);

/// More of a login that somebody is to get: it is no number, which would be taken for an id, and has no character that
/// nobody sees, by which it would look like another one.
Result<void> check_new_login(std::string_view login);

/// Is this the login of the administrator of the machine ("root", in any case of letters, as some databases compare)?
/// Under it is recorded what is done with the programs there. Whoever
/// could come in with it would act in his name, and have whatever the account is given later.
bool is_login_of_machine(std::string_view login);

/// The login of a retired row: the former one, so that history can be read, in a form that nobody has.
std::string retired_login(const User& user);

/// A key with which programs act for its owner. The key itself is stored nowhere.
struct ApiToken {
    Id<ApiToken> id;
    Id<User> user_id;
    std::string name;
    std::string digest;                   ///< token_digest() of secure/token.h
    std::string shown;                    ///< how it begins
    std::optional<TextList> permissions;  ///< words of Permission; none: all that the owner may do
    std::optional<TextList> companies;    ///< their ids; none: all that the owner works for
    Timestamp created_at{};
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;
    std::optional<std::string> last_used_address;
    std::optional<Timestamp> revoked_at;
};
template <>
const Entity& entity_of<ApiToken>();

/// Somebody who is signed in in a browser.
struct LoginSession {
    Id<LoginSession> id;
    Id<User> user_id;
    std::string digest;
    Timestamp created_at{};
    Timestamp seen_at{};
    Timestamp expires_at{};  ///< at the latest; without being used it ends sooner
    std::string address;
    std::string user_agent;
    std::string method;  ///< "password", "code", "recovery", "openid"
    std::optional<Timestamp> ended_at;
};
template <>
const Entity& entity_of<LoginSession>();

}  // namespace mf
