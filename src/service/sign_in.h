// SPDX-License-Identifier: MIT
#pragma once

#include "domain/sign_in_limit.h"
#include "secure/password.h"
#include "service/perform.h"

#include "base/locked.h"

#include <map>
#include <semaphore>
#include <variant>

namespace mf {

struct SignInOptions {
    SignInLimits limits = {};
    PasswordCost cost = {};
    std::chrono::seconds idle = std::chrono::hours{4};    ///< a session that is not used ends
    std::chrono::seconds longest = std::chrono::days{7};  ///< every session ends
};

/// What somebody typed, and where.
struct SignInRequest {
    std::string login;
    std::string password;
    std::optional<std::string> code = {};  ///< of the authenticator program, or a recovery code
    std::string address = {};              ///< of the one who asks
    std::string user_agent = {};
    std::string entry = "web";  ///< see Actor
};

/// The token is what a browser shows from then on; only its digest is stored.
struct SignedIn {
    std::string token;
    Id<User> user;
    Timestamp expires_at{};
};
/// The password is right; ask for a code and begin again with both.
struct SecondFactorNeeded {};
/// One sentence for an unknown login, a wrong password, a wrong code, and an account that is disabled.
struct SignInRefused {
    std::string message;
};
/// Too many attempts; nothing was compared.
struct SignInMustWait {
    std::chrono::seconds retry_after{};
    std::string message;
};
using SignInOutcome = std::variant<SignedIn, SecondFactorNeeded, SignInRefused, SignInMustWait>;

/// Who proved with a password who he is, without signing in: with each request anew.
using PasswordOutcome = std::variant<Caller, SecondFactorNeeded, SignInRefused, SignInMustWait>;

/// Somebody who is signed in.
struct SessionCaller {
    Caller caller;
    Id<LoginSession> session;
};

/// From where, and how.
struct SessionOrigin {
    std::string address;
    std::string user_agent;
    std::string method;  ///< see LoginSession
    std::string entry = "web";
};
/// Lets somebody in who has proved who it is, whatever the way; adds the entry to the audit log, so call it last.
SignedIn open_session(Session& session, const Vault& vault, User user, const SessionOrigin& origin,
                      const SignInOptions& options, Timestamp now, json::object details = {});

/// How people come in. Not an operation: what is refused must be recorded, too, and passwords are compared outside of
/// any transaction. Thread-safe; one for a program, because it bounds how many passwords are compared at once.
class SignIn {
public:
    /// Database and vault must outlive it.
    SignIn(Database& database, const Vault& vault, SignInOptions options = {});

    /// Lets somebody in, or not: login and password, and a code if the account asks for one. Takes as long for a login
    /// that nobody has. An entry of the audit log tells of each success, and of failures once for each login, group of
    /// addresses and window. unavailable: the key that the secret of the authenticator program is sealed with cannot
    /// be had.
    Result<SignInOutcome> begin(const SignInRequest& request, Timestamp now);

    /// Who sends login and password with every request, as old clients do (Basic, RFC 7617). As begin() but for the
    /// session; an account that asks for a code cannot come in this way. What was right is remembered for five minutes,
    /// so that not every request costs a comparison; a disabled account or a new password counts at once.
    Result<PasswordOutcome> identify(const SignInRequest& request, Timestamp now);

    /// Whose session this is, with the rights of this moment. forbidden: it has ended, or there never was one, or the
    /// account is disabled.
    Result<SessionCaller> find_session(std::string_view token, std::string_view entry, std::string_view address,
                                       Timestamp now);

    /// The rights that the session with this digest of its token (secure/token.h) gives at this moment; that is no use
    /// of it. forbidden: as above.
    Result<Rights> rights_of_session(Session& session, const std::string& digest, Timestamp now) const;

    /// Signing out; false: there is no such session any more.
    bool end_session(std::string_view token, const Actor& actor, Timestamp now);

private:
    struct Attempt;
    struct OpenSession;
    Result<OpenSession> find_open(Session& session, const std::string& digest, Timestamp now) const;
    Result<Attempt> prepare(Session& session, const SignInRequest& request, Timestamp now) const;
    bool is_right(Attempt& attempt, const std::string& password);
    Result<SignInOutcome> decide(Session& session, const SignInRequest& request, const Attempt& attempt, bool is_right,
                                 Timestamp now) const;
    SignInOutcome refuse(Session& session, const SignInRequest& request, const Attempt& attempt, Timestamp now) const;
    Result<std::optional<std::string>> second_factor(Session& session, const User& user, std::string_view code,
                                                     Timestamp now) const;
    Result<PasswordOutcome> decide_identity(Session& session, const SignInRequest& request, const Attempt& attempt,
                                            bool is_right, Timestamp now) const;
    void store_new_hash(Session& session, const Attempt& attempt, User& user) const;
    SignInOutcome let_in(Session& session, const SignInRequest& request, const Attempt& attempt, User user,
                         std::string method, Timestamp now) const;

    Database& database_;
    const Vault& vault_;
    const SignInOptions options_;
    /// Each comparison takes 64 MiB (secure/password.h).
    static constexpr std::ptrdiff_t compared_at_once = 4;
    std::counting_semaphore<compared_at_once> comparisons_{compared_at_once};

    /// Passwords that were right, by a digest that means something in this process only.
    struct Remembered {
        Id<User> user;
        std::string hash;  ///< that was compared with
        Timestamp until{};
    };
    std::string digest_of(const SignInRequest& request) const;
    const std::string salt_;
    Locked<std::map<std::string, Remembered>> remembered_;
};

}  // namespace mf
