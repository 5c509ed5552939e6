// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"
#include "store/database.h"

namespace mf {

/// A sign-in that is under way at another provider.
struct OpenIdRequest {
    std::int64_t id = 0;  ///< part of the seal of the verifier
    std::string nonce;
    std::string verifier;  ///< sealed
};
/// Its number; the verifier is sealed with it and added then.
std::int64_t add_openid_request(Session& session, const std::string& state_digest, const std::string& nonce,
                                Timestamp now);
void add_openid_verifier(Session& session, std::int64_t request, const std::string& sealed);
/// Takes it out, if it was begun after this moment: nobody else gets it.
std::optional<OpenIdRequest> take_openid_request(Session& session, const std::string& state_digest, Timestamp after);

/// Who somebody is for us; none: nobody yet.
std::optional<Id<User>> user_with_identity(Session& session, const std::string& issuer, const std::string& subject);
void add_identity(Session& session, Id<User> user, const std::string& issuer, const std::string& subject,
                  Timestamp now);

}  // namespace mf
