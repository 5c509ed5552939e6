// SPDX-License-Identifier: MIT
#pragma once

#include "service/sign_in.h"

#include <chrono>
#include <memory>

namespace mf {

/// By what somebody was let in whose connection stays open, so that it can be asked later whether that still holds.
struct AccessProof {
    enum class By { token, session, password } by = By::token;
    std::string digest = {};  ///< of the token; of the hash of the password
    Id<User> user;            ///< By::password

    static AccessProof of_token(std::string_view token);
    static AccessProof of_session(std::string_view token);
    /// With the password that the account has now.
    static AccessProof of_password(Database& database, Id<User> user);

    auto operator<=>(const AccessProof&) const = default;
};

/// The rights of those whose connections stay open, read anew when something that is audited may have changed them, and
/// now and then, because tokens, sessions and roles expire. Nothing of this counts as a use of the token or session.
/// One thread at a time.
class StandingAccess {
public:
    /// What is known of one of them.
    struct Holder {
        AccessProof proof;
        Rights rights = {};  ///< as they were at the last look()
        bool has_ended = false;
        std::chrono::steady_clock::time_point looked_at = {};  ///< long ago: never
    };

    /// All must outlive it.
    StandingAccess(Database& database, const SignIn& sign_in, const Clock& clock)
        : database_(database), sign_in_(sign_in), clock_(clock) {}

    /// Whoever has the same proof has the same holder; without rights until the next look(). It is kept as long as
    /// somebody else keeps it.
    std::shared_ptr<Holder> hold(const AccessProof& proof);

    /// Afterwards the rights of all holders are those after every change that was committed before the call. What
    /// expires by itself may be seen `age` later. Throws sql::DatabaseError.
    void look(std::chrono::milliseconds age);

private:
    void read(Session& session, Holder& holder) const;

    Database& database_;
    const SignIn& sign_in_;
    const Clock& clock_;
    std::map<AccessProof, std::weak_ptr<Holder>> holders_;
    std::int64_t audited_ = 0;  ///< the newest entry that was looked at
};

}  // namespace mf
