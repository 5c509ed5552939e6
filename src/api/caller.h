// SPDX-License-Identifier: MIT
#pragma once

#include "api/rate_limit.h"
#include "base/clock.h"
#include "net/server/message.h"
#include "service/sign_in.h"

namespace mf {

/// Who asks, and by what. Nobody in particular is a caller without rights.
struct ApiCaller {
    Caller caller;
    enum class By { nothing, token, password, session } by = By::nothing;
    std::string session_token = {};  ///< of By::session
    std::string key = {};            ///< under which his requests are counted; empty: those of his address
};

/// Why a request goes no further.
struct CallerRefusal {
    int status = 401;  ///< 401, 403 when a page of another site asks, 429, or 503 when it cannot be found out now
    std::string sentence;
    std::chrono::seconds retry_after{0};  ///< of 429; 0: nobody knows
};

/// What is known of a request before it is looked at.
struct Recognised {
    ApiCaller caller;
    std::optional<CallerRefusal> refusal = {};
    Allowance allowance = {};
};

/// Recognises callers: "Authorization: Bearer" with an API token or the token of a session, "Authorization: Basic"
/// with login and password (RFC 7617), or the cookie of a session; and counts how often they ask. Thread-safe.
class Callers {
public:
    /// All must outlive it; without a limiter nobody is limited.
    Callers(Database& database, SignIn& sign_in, const Clock& clock, RateLimiter* limiter)
        : database_(database), sign_in_(sign_in), clock_(clock), limiter_(limiter) {}

    /// 401 when what was shown is good for nothing. A request that changes something with a cookie must come from a
    /// page of ours, as the browser says in Origin or Sec-Fetch-Site, and one with a password must not come from a page
    /// of another site; otherwise it is 403.
    Recognised of(const http::Request& request);
    /// Where nobody has to be known: nobody in particular.
    Recognised anybody(const http::Request& request);

private:
    /// A sign-in that must wait says so in `refusal`.
    Result<ApiCaller> find(const http::Request& request, std::optional<CallerRefusal>& refusal);
    void limit(const http::Request& request, Recognised& recognised);
    Result<ApiCaller> of_bearer(const http::Request& request, std::string_view token);
    Result<ApiCaller> of_basic(const http::Request& request, std::string_view encoded,
                               std::optional<CallerRefusal>& refusal);
    Result<ApiCaller> of_cookie(const http::Request& request, std::string_view token,
                                std::optional<CallerRefusal>& refusal);

    Database& database_;
    SignIn& sign_in_;
    const Clock& clock_;
    RateLimiter* const limiter_;
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

/// What is to be shown instead, with a 401 (RFC 9110, section 11.6.1).
void ask_for_sign_in(http::Headers& headers);
/// 401 as problem details, with that.
http::Response unauthenticated(std::string_view sentence);

}  // namespace mf
