// SPDX-License-Identifier: MIT
#include "api/caller.h"

#include "api/problem.h"
#include "base/base64.h"
#include "base/text.h"
#include "service/token_caller.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view entry = "api";

std::string_view cookie_name(const http::Request& request) {
    return request.secure ? "__Host-multiflexi" : "multiflexi";
}

bool only_reads(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

/// Does the browser say that a page of ours asks? What sends neither of the two is no browser of these days.
bool is_from_here(const http::Request& request) {
    const auto site = request.header("Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none") return false;
    const auto origin = request.header("Origin");
    if (origin.empty()) return site == "same-origin";
    return origin == fmt::format("{}://{}", request.secure ? "https" : "http", request.host);
}

ApiCaller anybody_of(const http::Request& request) {
    return {{.actor = {.entry = std::string(entry), .address = request.client}}};
}

/// Of the account: whoever makes more tokens may not ask more often.
std::string key_of(const Caller& caller) { return fmt::format("account {}", caller.actor.user.value); }

constexpr std::string_view from_elsewhere =
    "The request comes from a page of another site, or the browser does not say from which.";

Error forbidden(std::string message) { return {ErrorCode::forbidden, std::move(message)}; }

/// Not 401: another sign-in would not help, and browsers would ask for a password.
Error refused_as_from_elsewhere(std::optional<CallerRefusal>& refusal) {
    refusal = CallerRefusal{403, std::string(from_elsewhere)};
    return forbidden(std::string(from_elsewhere));
}

}  // namespace

std::string cookie_value(const http::Request& request, std::string_view name) {
    const auto cookies = request.headers.list("Cookie");
    for (const auto part : split(cookies, ';')) {
        const auto pair = trim(part);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return std::string(pair.substr(name.size() + 1));
    }
    return {};
}

bool is_from_elsewhere(const http::Request& request) {
    const bool is_browser = !request.header("Origin").empty() || !request.header("Sec-Fetch-Site").empty();
    return is_browser && !is_from_here(request);
}

Recognised Callers::of(const http::Request& request) {
    Recognised out{anybody_of(request)};
    auto found = find(request, out.refusal);
    if (found)
        out.caller = *std::move(found);
    else if (!out.refusal)
        out.refusal = found.error().code == ErrorCode::forbidden ? CallerRefusal{401, std::move(found.error().message)}
                                                                 : CallerRefusal{503, std::move(found.error().message)};
    limit(request, out);
    return out;
}

Recognised Callers::anybody(const http::Request& request) {
    Recognised out{anybody_of(request)};
    limit(request, out);
    return out;
}

/// Whoever shows what is good for nothing is counted with his address, as are those who show nothing.
void Callers::limit(const http::Request& request, Recognised& recognised) {
    if (!limiter_) return;
    const auto now = clock_.now();
    if (!recognised.caller.key.empty())
        recognised.allowance = limiter_->take_of_caller(recognised.caller.key, now);
    else if (request.client.empty() && request.peer_user)
        recognised.allowance = limiter_->take_of_user(*request.peer_user, now);
    else
        recognised.allowance = limiter_->take_of_address(request.client, now);
    if (recognised.allowance.allowed) return;
    recognised.refusal =
        CallerRefusal{429,
                      fmt::format("Too many requests: there may be {} in {} seconds. Wait {} seconds.",
                                  recognised.allowance.policy->requests, recognised.allowance.policy->window.count(),
                                  recognised.allowance.retry_after.count()),
                      recognised.allowance.retry_after};
}

Result<ApiCaller> Callers::find(const http::Request& request, std::optional<CallerRefusal>& refusal) {
    const auto shown = request.header("Authorization");
    if (!shown.empty()) {
        const auto blank = shown.find(' ');
        const auto scheme = shown.substr(0, blank);
        const auto what = blank == std::string_view::npos ? std::string_view() : trim(shown.substr(blank));
        if (equal_ignoring_case(scheme, "Bearer")) return of_bearer(request, what);
        if (equal_ignoring_case(scheme, "Basic")) return of_basic(request, what, refusal);
        return forbidden("Show an API token (Authorization: Bearer), or login and password (Authorization: Basic).");
    }
    if (const auto token = cookie_value(request, cookie_name(request)); !token.empty())
        return of_cookie(request, token, refusal);
    return anybody_of(request);
}

Result<ApiCaller> Callers::of_bearer(const http::Request& request, std::string_view token) {
    if (token.starts_with("mfs_")) {
        auto found = sign_in_.find_session(token, entry, request.client, clock_.now());
        if (!found) return found.error();
        auto key = key_of(found->caller);
        return ApiCaller{std::move(found->caller), ApiCaller::By::session, std::string(token), std::move(key)};
    }
    auto caller = caller_of_token(database_, token, entry, request.client, clock_.now());
    if (!caller) return caller.error();
    auto key = key_of(*caller);
    return ApiCaller{*std::move(caller), ApiCaller::By::token, {}, std::move(key)};
}

Result<ApiCaller> Callers::of_basic(const http::Request& request, std::string_view encoded,
                                    std::optional<CallerRefusal>& refusal) {
    if (!only_reads(request) && is_from_elsewhere(request)) return refused_as_from_elsewhere(refusal);
    const auto decoded = from_base64(encoded);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos)
        return forbidden("The header Authorization is not readable: Basic is followed by login:password in base 64.");
    auto outcome = sign_in_.identify({.login = decoded->substr(0, colon),
                                      .password = decoded->substr(colon + 1),
                                      .address = request.client,
                                      .user_agent = std::string(request.header("User-Agent")),
                                      .entry = std::string(entry)},
                                     clock_.now());
    if (!outcome) return outcome.error();
    if (auto* caller = std::get_if<Caller>(&*outcome)) {
        auto key = key_of(*caller);
        return ApiCaller{std::move(*caller), ApiCaller::By::password, {}, std::move(key)};
    }
    if (const auto* wait = std::get_if<SignInMustWait>(&*outcome)) {
        refusal = CallerRefusal{429, wait->message, wait->retry_after};
        return Error{ErrorCode::limited, wait->message};
    }
    if (const auto* refused = std::get_if<SignInRefused>(&*outcome)) return forbidden(refused->message);
    return forbidden(
        "This account asks for a code, which cannot be sent along with a password. Use an API token (token create).");
}

Result<ApiCaller> Callers::of_cookie(const http::Request& request, std::string_view token,
                                     std::optional<CallerRefusal>& refusal) {
    if (!only_reads(request) && !is_from_here(request)) return refused_as_from_elsewhere(refusal);
    auto found = sign_in_.find_session(token, "web", request.client, clock_.now());
    if (!found) return found.error();
    auto key = key_of(found->caller);
    return ApiCaller{std::move(found->caller), ApiCaller::By::session, std::string(token), std::move(key)};
}

std::string session_cookie(const http::Request& request, std::string_view token, std::chrono::seconds age) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", cookie_name(request), token, age.count(),
                       request.secure ? "; Secure" : "");
}

std::string no_session_cookie(const http::Request& request) { return session_cookie(request, "", {}); }

void ask_for_sign_in(http::Headers& headers) {
    headers.add("WWW-Authenticate", "Bearer realm=\"MultiFlexi\"");
    headers.add("WWW-Authenticate", "Basic realm=\"MultiFlexi\", charset=\"UTF-8\"");
}

http::Response unauthenticated(std::string_view sentence) {
    auto out = problem(401, sentence);
    ask_for_sign_in(out.headers);
    return out;
}

}  // namespace mf
