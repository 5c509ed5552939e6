// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"

#include "base/text.h"
#include "service/token_caller.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

constexpr std::string_view from_another_site = "The request comes from a page of another site.";

Answer told(int status, std::string_view word, std::string_view sentence) {
    json::object body{{"message", sentence}, {"status", word}};
    if (status != 200) {
        body["error"] = sentence;
        body["success"] = false;
    }
    return {.body = std::move(body), .status = status, .is_secret = true};
}

Answer failed(int status, std::string_view sentence) { return told(status, "error", sentence); }

Result<Answer> log_in(Exchange& exchange) {
    const auto& request = exchange.request();
    // Otherwise a page of another site could make somebody work under an account that is not his.
    if (is_from_elsewhere(request)) return failed(403, from_another_site);
    const auto login = exchange.text("username").value_or(exchange.text("login").value_or(""));
    const auto password = exchange.text("password").value_or("");
    if (login.empty() || password.empty()) return failed(400, "Send username and password.");
    auto outcome = exchange.context().sign_in.begin({.login = login,
                                                     .password = password,
                                                     .code = exchange.text("code"),
                                                     .address = request.client,
                                                     .user_agent = std::string(request.header("User-Agent")),
                                                     .entry = "api"},
                                                    exchange.now());
    if (!outcome) return outcome.error();
    // One sentence for everything that is wrong, so that nobody learns which logins there are.
    if (const auto* refused = std::get_if<SignInRefused>(&*outcome)) return failed(401, refused->message);
    if (std::holds_alternative<SecondFactorNeeded>(*outcome))
        return failed(401, "This account asks for a code: send it as well, as code.");
    if (const auto* wait = std::get_if<SignInMustWait>(&*outcome)) {
        auto out = failed(429, wait->message);
        out.retry_after = wait->retry_after;
        return out;
    }
    const auto& in = std::get<SignedIn>(*outcome);
    auto session = exchange.context().sign_in.find_session(in.token, "api", request.client, exchange.now());
    if (!session) return session.error();
    exchange.set_caller({std::move(session->caller), ApiCaller::By::session, in.token});
    const auto account = exchange.record("account:get", {});
    if (!account) return account.error();
    const auto* email = account->if_contains("email");
    return Answer{.body = {{"token", in.token},
                           {"user",
                            {{"id", in.user.value},
                             {"login", exchange.caller().actor.login},
                             {"email", email ? *email : json::value()}}},
                           {"message", "Login successful"},
                           {"status", "success"}},
                  .is_secret = true};
}

Result<Answer> log_out(Exchange& exchange) {
    const auto& request = exchange.request();
    if (is_from_elsewhere(request)) return failed(403, from_another_site);
    auto token = exchange.text("token").value_or("");
    const auto shown = request.header("Authorization");
    if (token.empty() && shown.size() > 7 && equal_ignoring_case(shown.substr(0, 7), "Bearer "))
        token = trim(shown.substr(7));
    if (token.empty()) return failed(400, "Send the token that is to end, as token.");
    auto& sign_in = exchange.context().sign_in;
    if (const auto session = sign_in.find_session(token, "api", request.client, exchange.now())) {
        sign_in.end_session(token, session->caller.actor, exchange.now());
        return told(200, "success", "Logout successful");
    }
    // A token that somebody has made on purpose is ended on purpose.
    if (caller_of_token(exchange.context().database, token, "api", request.client, exchange.now()))
        return failed(400, "This token was not made by a login. Revoke it with the command token revoke.");
    return failed(401, "There is no such token, or it has ended already.");
}

constexpr Endpoint session_table[] = {
    {"POST", "login", Who::everybody, "", log_in},
    {"POST", "logout", Who::everybody, "", log_out},
};

}  // namespace

std::span<const Endpoint> session_endpoints() { return session_table; }

}  // namespace mf::compatible
