// SPDX-License-Identifier: MIT
#include "service/openid.h"

#include "base/base64.h"
#include "base/text.h"
#include "net/url.h"
#include "secure/signed_token.h"
#include "secure/token.h"
#include "service/sealing.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/openid.h"

#include <fmt/format.h>
#include <cmath>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_way_round = 10min;
constexpr auto known_for = 1h;
constexpr auto between_new_keys = 1min;
/// So much the clock of a provider may differ.
constexpr auto clock_difference = 1min;
constexpr std::size_t longest_reply = 1 << 20;

Error not_proved(std::string_view why) {
    return {ErrorCode::forbidden,
            fmt::format("The provider's answer does not prove who you are: {}. Sign in again.", why)};
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    const auto* text = member ? member->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

/// A moment in seconds (RFC 7519, NumericDate).
std::optional<Timestamp> moment_in(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (!member || !member->is_number()) return std::nullopt;
    const auto seconds = member->to_number<double>();
    if (!(std::abs(seconds) < 1e11)) return std::nullopt;
    return Timestamp{std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)}};
}

bool is_for(const json::object& claims, std::string_view client) {
    const auto* audience = claims.if_contains("aud");
    if (!audience) return false;
    const auto party = text_in(claims, "azp");
    if (!party.empty() && party != client) return false;
    if (const auto* one = audience->if_string()) return std::string_view(*one) == client;
    const auto* several = audience->if_array();
    if (!several || (several->size() > 1 && party != client)) return false;
    return std::ranges::any_of(*several, [&](const json::value& each) {
        return each.is_string() && std::string_view(each.get_string()) == client;
    });
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string out;
    for (const auto& [name, value] : fields)
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, percent_encoded(value));
    return out;
}

void read_person(const json::object& claims, std::string& email, bool& email_verified, std::string& name) {
    email = text_in(claims, "email");
    const auto* verified = claims.if_contains("email_verified");
    email_verified = verified && verified->is_bool() && verified->get_bool();
    if (auto given = text_in(claims, "name"); !given.empty()) name = std::move(given);
}

/// https, or this machine.
bool is_safe(std::string_view address) {
    const auto url = read_web_url(address);
    return url && (url->scheme == "https" || is_loopback(url->host));
}

}  // namespace

OpenId::OpenId(Database& database, Vault& vault, HttpClient& http, OpenIdSettings settings, SignInOptions options)
    : database_(database), vault_(vault), http_(http), settings_(std::move(settings)), options_(options) {}

Result<json::object> OpenId::fetched(const std::string& url, std::string_view what, const std::string& access_token) {
    HttpRequest request{.url = url, .headers = {{"Accept", "application/json"}}, .most_bytes = longest_reply};
    if (!access_token.empty()) request.headers.emplace_back("Authorization", "Bearer " + access_token);
    const auto reply = http_.send(request);
    if (!reply) return reply.error();
    if (reply->status != 200)
        return Error{ErrorCode::unavailable,
                     fmt::format("The provider answered {} when asked for {}.", reply->status, what)};
    auto document = parse_json(reply->body);
    if (!document || !document->is_object())
        return Error{ErrorCode::unavailable, fmt::format("The provider's {} is no JSON object.", what)};
    return std::move(document->get_object());
}

Result<OpenId::Provider> OpenId::provider(Timestamp now) {
    {
        const std::lock_guard lock(mutex_);
        if (known_ && now - known_->read_at < known_for) return *known_;
    }
    if (!is_safe(settings_.issuer))
        return Error{ErrorCode::invalid, "MULTIFLEXI_OIDC_ISSUER must be an https address."};
    std::string issuer = settings_.issuer;
    if (issuer.ends_with('/')) issuer.pop_back();
    const auto document = fetched(issuer + "/.well-known/openid-configuration", "its configuration");
    if (!document) return document.error();
    // Otherwise one provider could answer for another.
    if (text_in(*document, "issuer") != settings_.issuer)
        return Error{
            ErrorCode::invalid,
            "The provider calls itself otherwise than MULTIFLEXI_OIDC_ISSUER. Both must be the same, to the last "
            "character."};
    Provider found{.authorization = text_in(*document, "authorization_endpoint"),
                   .token = text_in(*document, "token_endpoint"),
                   .keys_address = text_in(*document, "jwks_uri"),
                   .person = text_in(*document, "userinfo_endpoint"),
                   .keys = {},
                   .read_at = now};
    for (const auto* address : {&found.authorization, &found.token, &found.keys_address})
        if (!is_safe(*address))
            return Error{ErrorCode::invalid, "The provider's configuration names an address that is not https."};
    if (!is_safe(found.person)) found.person.clear();  // not every provider has one
    if (auto keys = keys_of(found, now, true); !keys) return keys.error();
    return found;
}

/// The keys of a provider, which is known from then on.
Result<std::string> OpenId::keys_of(Provider& provider, Timestamp now, bool anew) {
    if (!anew || (!provider.keys.empty() && now - provider.keys_read_at < between_new_keys)) return provider.keys;
    const auto document = fetched(provider.keys_address, "its keys");
    if (!document) return document.error();
    provider.keys = to_text(json::value(*document));
    provider.keys_read_at = now;
    const std::lock_guard lock(mutex_);
    known_ = provider;
    return provider.keys;
}

Result<OpenId::Departure> OpenId::begin(Timestamp now) {
    const auto to = provider(now);
    if (!to) return to.error();
    const auto state = new_token(""), nonce = new_token(""), verifier = new_token("");
    const Rights none;
    auto stored = database_.write([&](Session& session) -> Result<void> {
        Call call{.session = session,
                  .scope = Scope::everything(),
                  .rights = none,
                  .actor = {.user = {}, .login = "", .entry = "web"},
                  .now = now,
                  .vault = {session, vault_},
                  .zone = "UTC"};
        const auto id = add_openid_request(session, token_digest(state), nonce, now);
        auto sealed = seal(call, verifier, {"oidc_request", "verifier", id});
        if (!sealed) return sealed.error();
        add_openid_verifier(session, id, *sealed);
        append_to_audit(session, call.audited, vault_);
        return {};
    });
    if (!stored) return stored.error();
    const auto query = form({{"response_type", "code"},
                             {"client_id", settings_.client_id},
                             {"redirect_uri", settings_.redirect},
                             {"scope", settings_.scopes},
                             {"state", state},
                             {"nonce", nonce},
                             {"code_challenge", code_challenge(verifier)},
                             {"code_challenge_method", "S256"}});
    const auto separator = to->authorization.find('?') == std::string::npos ? '?' : '&';
    return Departure{fmt::format("{}{}{}", to->authorization, separator, query), state};
}

Result<OpenId::Request> OpenId::take_request(const std::string& state, Timestamp now) {
    const auto taken = database_.write([&](Session& session) {
        learn_data_keys(session, vault_);
        return take_openid_request(session, token_digest(state), now - longest_way_round);
    });
    if (!taken) return not_proved("the sign-in was begun more than 10 minutes ago, elsewhere, or was used already");
    auto verifier = vault_.open(taken->verifier, {"oidc_request", "verifier", taken->id});
    if (!verifier) return Error{ErrorCode::unavailable, verifier.error().message};
    return Request{taken->nonce, *std::move(verifier)};
}

Result<OpenId::Tokens> OpenId::exchange(const Provider& provider, const std::string& code,
                                        const std::string& verifier) {
    HttpRequest request{
        .method = "POST",
        .url = provider.token,
        .headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}},
        .body = form({{"grant_type", "authorization_code"},
                      {"code", code},
                      {"redirect_uri", settings_.redirect},
                      {"client_id", settings_.client_id},
                      {"code_verifier", verifier}}),
        .most_bytes = longest_reply};
    if (!settings_.client_secret.empty())
        request.headers.emplace_back("Authorization", "Basic " + to_base64(percent_encoded(settings_.client_id) + ":" +
                                                                           percent_encoded(settings_.client_secret)));
    const auto reply = http_.send(request);
    if (!reply) return reply.error();
    if (reply->status >= 500)
        return Error{ErrorCode::unavailable,
                     fmt::format("The provider answered {} when asked for the token.", reply->status)};
    const auto document = parse_json(reply->body);
    if (reply->status != 200 || !document || !document->is_object())
        return not_proved("the provider does not know the code");
    Tokens tokens{.id = text_in(document->get_object(), "id_token"),
                  .access = text_in(document->get_object(), "access_token")};
    if (tokens.id.empty()) return not_proved("it has no ID token");
    return tokens;
}

/// A provider may tell the e-mail address there only (OpenID Connect Core 1.0, section 5.4); what it says counts when
/// it speaks of the same person (5.3.2).
Result<void> OpenId::complete(const Provider& provider, const Tokens& tokens, Claims& claims) {
    if (!claims.email.empty() || provider.person.empty() || tokens.access.empty()) return {};
    const auto person = fetched(provider.person, "the person", tokens.access);
    if (!person) return person.error();
    if (text_in(*person, "sub") != claims.subject) return not_proved("it tells about another person");
    read_person(*person, claims.email, claims.email_verified, claims.name);
    return {};
}

Result<OpenId::Claims> OpenId::checked(Provider& provider, const std::string& token, const std::string& nonce,
                                       Timestamp now) {
    auto content = signed_content(token, provider.keys);
    if (!content && content.error().code == ErrorCode::not_found) {
        const auto keys = keys_of(provider, now, true);
        if (!keys) return keys.error();
        content = signed_content(token, *keys);
    }
    if (!content) return Error{ErrorCode::forbidden, content.error().message};
    const auto document = parse_json(*content);
    if (!document || !document->is_object()) return not_proved("the ID token is no JSON object");
    const auto& claims = document->get_object();
    if (text_in(claims, "iss") != settings_.issuer) return not_proved("the ID token is of another provider");
    if (!is_for(claims, settings_.client_id)) return not_proved("the ID token is for another program");
    const auto expires = moment_in(claims, "exp"), issued = moment_in(claims, "iat");
    if (!expires || *expires + clock_difference <= now) return not_proved("the ID token has expired");
    if (!issued || *issued > now + clock_difference) return not_proved("the ID token is not valid yet");
    if (const auto begins = moment_in(claims, "nbf"); begins && *begins > now + clock_difference)
        return not_proved("the ID token is not valid yet");
    if (!constant_time_equal(text_in(claims, "nonce"), nonce)) return not_proved("the ID token is of another sign-in");
    Claims out{.subject = text_in(claims, "sub")};
    if (out.subject.empty() || out.subject.size() > 255) return not_proved("the ID token names nobody");
    read_person(claims, out.email, out.email_verified, out.name);
    return out;
}

Result<User> OpenId::user_of(Session& session, const Claims& claims, Timestamp now) const {
    const Error unknown{ErrorCode::forbidden,
                        "You have no account here, or it is disabled. Ask an administrator for one."};
    Repository<User> users(session, Scope::everything());
    const auto enabled = [](const User& user) { return user.enabled && user.live; };
    if (const auto id = user_with_identity(session, settings_.issuer, claims.subject)) {
        auto known = users.find(*id);
        if (!known || !enabled(*known)) return unknown;
        return known;
    }
    const bool has_email = claims.email_verified && !claims.email.empty();
    std::optional<User> user;
    if (has_email && settings_.match_email) {
        auto same = users.list({.equals = {{"email", claims.email}, {"live", std::int64_t{1}}}, .limit = 2});
        if (same.size() > 1 || (same.size() == 1 && !enabled(same.front()))) return unknown;
        if (!same.empty()) user = std::move(same.front());
    }
    std::string_view action = "identity_add";
    if (!user) {
        if (!settings_.create_users) return unknown;
        User made{.login = has_email ? claims.email : claims.subject,
                  .email = has_email ? std::optional(claims.email) : std::nullopt,
                  .enabled = true,
                  .created_at = now,
                  .updated_at = now};
        // The subject of many a provider is a number, which would be taken for the id of a user.
        if (std::ranges::all_of(made.login, is_digit)) made.login.insert(0, "openid-");
        // A login that somebody has is not taken over, nor one that is for somebody.
        if (!check(made) || !check_new_login(made.login) || is_login_of_machine(made.login) ||
            users.first({.equals = {{"login", made.login}}}))
            return unknown;
        if (auto inserted = users.insert(made); !inserted) return inserted.error();
        user = std::move(made);
        action = "create";
    }
    add_identity(session, user->id, settings_.issuer, claims.subject, now);
    AuditEntry entry{.at = now,
                     .user_id = user->id,
                     .login = user->login,
                     .entity = "user",
                     .entity_id = user->id.value,
                     .action = std::string(action),
                     .entry = "web",
                     .details = to_text(json::value{{"issuer", settings_.issuer}, {"subject", claims.subject}})};
    append_to_audit(session, std::span(&entry, 1), vault_);
    return *std::move(user);
}

Result<SignedIn> OpenId::finish(const OpenIdReturn& back, Timestamp now) {
    const auto request = take_request(back.state, now);
    if (!request) return request.error();
    auto from = provider(now);
    if (!from) return from.error();
    const auto tokens = exchange(*from, back.code, request->verifier);
    if (!tokens) return tokens.error();
    auto claims = checked(*from, tokens->id, request->nonce, now);
    if (!claims) return claims.error();
    if (auto completed = complete(*from, *tokens, *claims); !completed) return completed.error();
    return database_.write([&](Session& session) -> Result<SignedIn> {
        learn_data_keys(session, vault_);
        auto user = user_of(session, *claims, now);
        if (!user) return user.error();
        return open_session(session, vault_, *user,
                            {.address = back.address, .user_agent = back.user_agent, .method = "openid"}, options_,
                            now);
    });
}

}  // namespace mf
