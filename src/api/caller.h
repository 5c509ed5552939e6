// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "net/server/message.h"
#include "service/sign_in.h"

namespace mf {

/// Who asks, and by what. Nobody in particular is a caller without rights.
struct ApiCaller {
    Caller caller;
    enum class By { nothing, token, password, session } by = By::nothing;
    std::string session_token = {};  ///< of By::session
};

/// Recognises callers: "Authorization: Bearer" with an API token or the token of a session, "Authorization: Basic"
/// with login and password (RFC 7617), or the cookie of a session. Thread-safe.
class Callers {
public:
    /// All must outlive it.
    Callers(Database& database, SignIn& sign_in, const Clock& clock)
        : database_(database), sign_in_(sign_in), clock_(clock) {}

    /// forbidden: what was shown is good for nothing (answer 401). limited: too many attempts. A request that changes
    /// something with a cookie must come from a page of ours, as the browser says in Origin or Sec-Fetch-Site, and one
    /// with a password must not come from a page of another site; otherwise it is forbidden as well.
    Result<ApiCaller> of(const http::Request& request);

private:
    Result<ApiCaller> of_bearer(const http::Request& request, std::string_view token);
    Result<ApiCaller> of_basic(const http::Request& request, std::string_view encoded);
    Result<ApiCaller> of_cookie(const http::Request& request, std::string_view token);

    Database& database_;
    SignIn& sign_in_;
    const Clock& clock_;
};

/// The value of a cookie (RFC 6265, section 4.2.1); empty: there is none.
std::string cookie_value(const http::Request& request, std::string_view name);

/// Does a browser say that a page of another site asks? Browsers send passwords of Basic along from there by
/// themselves.
bool is_from_elsewhere(const http::Request& request);

/// The cookie that holds the token of a session. Over TLS its name makes browsers refuse it from other places
/// (RFC 6265bis, section 4.1.3.2).
std::string session_cookie(const http::Request& request, std::string_view token, std::chrono::seconds age);
/// Takes it away.
std::string no_session_cookie(const http::Request& request);

/// 401 with what may be shown instead (RFC 9110, section 11.6.1).
http::Response unauthenticated(std::string_view sentence);

}  // namespace mf
