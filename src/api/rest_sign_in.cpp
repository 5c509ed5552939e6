// SPDX-License-Identifier: MIT
#include "api/problem.h"
#include "api/rest_api.h"
#include "base/json.h"
#include "base/zone.h"
#include "service/talk_limit.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view state_cookie = "multiflexi_openid";
/// As long as the state is good (service/openid.h).
constexpr int seconds_for_the_way = 600;

/// 401 must say what may be shown (RFC 9110, section 15.5.2). Not Basic: a browser would ask for it on top of the page.
http::Response not_signed_in(std::string_view sentence) {
    auto out = problem(401, sentence);
    out.headers.add("WWW-Authenticate", "Bearer realm=\"MultiFlexi\"");
    return out;
}

http::Response redirection(std::string_view where) {
    http::Response out{.status = 302};
    out.headers.set("Location", std::string(where));
    out.headers.set("Cache-Control", "no-store");
    return out;
}

/// A place among those who wait for the provider, which may take its time. Browsers come again by themselves (Refresh:
/// HTML Standard, section 8.1.6, and the header that is processed like it).
Result<std::shared_ptr<void>> place_at_provider(TalkLimit* limit) {
    return limit ? limit->take({}) : Result<std::shared_ptr<void>>(std::shared_ptr<void>());
}
http::Response provider_is_busy() {
    auto out = problem(429, "Others are just signing in at the provider; this goes on in some seconds.");
    out.headers.set("Retry-After", "3");
    out.headers.set("Refresh", "3");
    return out;
}

/// Lax: the browser comes back from another site, and must show it then.
std::string cookie_of_state(const http::Request& request, std::string_view state, int age) {
    return fmt::format("{}={}; Path={}/session/openid; HttpOnly; SameSite=Lax; Max-Age={}{}", state_cookie, state,
                       RestApi::root, age, request.secure ? "; Secure" : "");
}

}  // namespace

http::Response RestApi::sign_in(const http::Request& request) {
    // Otherwise a page of another site could make somebody work under an account that is not his.
    if (is_from_elsewhere(request)) return problem(403, "The request comes from a page of another site.");
    const auto parsed = parse_json(request.body);
    const auto text = [&](std::string_view name) -> std::string {
        const auto* value = parsed && parsed->is_object() ? parsed->get_object().if_contains(name) : nullptr;
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    if (text("login").empty() || text("password").empty())
        return problem(400, "Send a JSON object with login and password, and code if the account asks for one.");
    auto outcome = context_.sign_in.begin({.login = text("login"),
                                           .password = text("password"),
                                           .code = text("code"),
                                           .address = request.client,
                                           .user_agent = std::string(request.header("User-Agent")),
                                           .entry = "api"},
                                          context_.clock.now());
    if (!outcome) return problem(outcome.error());
    if (const auto* refused = std::get_if<SignInRefused>(&*outcome)) return not_signed_in(refused->message);
    if (std::holds_alternative<SecondFactorNeeded>(*outcome)) {
        auto out = not_signed_in("This account asks for a code: send it as well, as code.");
        out.headers.set("MultiFlexi-Second-Factor", "code");
        return out;
    }
    if (const auto* wait = std::get_if<SignInMustWait>(&*outcome)) {
        auto out = problem(429, wait->message);
        out.headers.set("Retry-After", fmt::to_string(wait->retry_after.count()));
        return out;
    }
    const auto& in = std::get<SignedIn>(*outcome);
    auto out = http::response(
        200, "application/json",
        to_text(json::value{
            {"user_id", in.user.value}, {"expires_at", format_iso(in.expires_at, Zone::utc())}, {"token", in.token}}));
    out.headers.add("Set-Cookie", session_cookie(request, in.token, context_.session_length));
    out.headers.set("Cache-Control", "no-store");
    return out;
}

http::Response RestApi::sign_out(const http::Request& request, const ApiCaller& caller) {
    if (caller.by != ApiCaller::By::session) return unauthenticated("There is no session that could end.");
    context_.sign_in.end_session(caller.session_token, caller.caller.actor, context_.clock.now());
    http::Response out{.status = 204};
    out.headers.add("Set-Cookie", no_session_cookie(request));
    return out;
}

http::Response RestApi::leave_for_provider(const http::Request& request) {
    const auto place = place_at_provider(context_.sign_in_limit);
    if (!place) return provider_is_busy();
    const auto departure = context_.openid->begin(context_.clock.now());
    if (!departure) return problem(departure.error());
    auto out = redirection(departure->url);
    out.headers.add("Set-Cookie", cookie_of_state(request, departure->state, seconds_for_the_way));
    return out;
}

http::Response RestApi::come_back(const http::Request& request) {
    const auto text = [&](std::string_view name) { return std::string(request.query_value(name).value_or("")); };
    const auto state = text("state");
    // Otherwise a link could make somebody come in as somebody else.
    if (state.empty() || cookie_value(request, state_cookie) != state)
        return problem(403, "This browser has not set out to sign in, or too long ago. Begin again.");
    if (const auto refused = text("error"); !refused.empty())
        return problem(403, refused == "access_denied"
                                ? "The sign-in was broken off at the provider. Begin again to come in."
                                : "The provider could not sign you in. Try again later, or tell an administrator.");
    const auto place = place_at_provider(context_.sign_in_limit);
    if (!place) return provider_is_busy();
    const auto in = context_.openid->finish({.state = state,
                                             .code = text("code"),
                                             .address = request.client,
                                             .user_agent = std::string(request.header("User-Agent"))},
                                            context_.clock.now());
    if (!in) return problem(in.error());
    auto out = redirection("/");
    out.headers.add("Set-Cookie", session_cookie(request, in->token, context_.session_length));
    out.headers.add("Set-Cookie", cookie_of_state(request, "", 0));
    return out;
}

}  // namespace mf
