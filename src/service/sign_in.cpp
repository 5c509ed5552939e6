// SPDX-License-Identifier: MIT
#include "service/sign_in_attempt.h"

#include "base/text.h"
#include "base/time_text.h"
#include "secure/token.h"
#include "secure/totp.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/rights.h"
#include "store/queries/second_factor.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view session_prefix = "mfs_";
/// The use of a session is noted no more often.
constexpr auto between_touches = 1min;

std::string shortened(std::string_view text, std::size_t most) {
    std::string out;
    for (const char c : to_utf8(text)) {
        if (out.size() >= most) break;
        out += static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 0x7f ? c : '?';
    }
    return out;
}

}  // namespace

AuditEntry sign_in_entry(const std::string& way_in, std::string_view address, std::string_view action,
                         std::optional<Id<User>> user, Timestamp now, json::object details) {
    return {.at = now,
            .entity = "user",
            .entity_id = user ? std::optional(user->value) : std::nullopt,
            .action = std::string(action),
            .entry = way_in,
            .address = to_utf8(address.substr(0, 45)),
            .details = to_text(json::value(std::move(details)))};
}

SignIn::SignIn(Database& database, const Vault& vault, SignInOptions options)
    : database_(database), vault_(vault), options_(options), salt_(new_token("")) {}

SignInMustWait must_wait(const SignInJudgement& judgement) {
    const auto wait = judgement.retry_after;
    return {wait, fmt::format("There were too many attempts. Try again in {}.", format_duration(wait))};
}

Result<SignInOutcome> SignIn::begin(const SignInRequest& request, Timestamp now) {
    auto attempt = database_.write([&](Session& session) { return prepare(session, request, now); });
    if (!attempt) return attempt.error();
    if (!attempt->judgement.allowed()) return SignInOutcome(must_wait(attempt->judgement));
    const bool right = is_right(*attempt, request.password);
    return database_.write([&](Session& session) { return decide(session, request, *attempt, right, now); });
}

Result<SignIn::Attempt> SignIn::prepare(Session& session, const SignInRequest& request, Timestamp now) const {
    Attempt out;
    // What is no text is nobody's login, and no database would take it.
    const bool is_login =
        is_utf8(request.login) && request.login.find('\0') == std::string::npos && request.login.size() <= 64;
    if (is_login)
        out.user = Repository<User>(session, Scope::everything())
                       .first({.equals = {{"login", request.login}, {"live", std::int64_t{1}}}});
    out.party = {recorded_login(request.login, out.user.has_value()), address_group(request.address)};
    out.judgement = judge_sign_in(sign_in_history(session, out.party, now, options_.limits), now, options_.limits);
    if (out.judgement.allowed()) out.id = record_attempt(session, out.party, now);
    return out;
}

bool SignIn::is_right(Attempt& attempt, const std::string& password) {
    comparisons_.acquire();
    struct Release {
        std::counting_semaphore<compared_at_once>& semaphore;
        ~Release() { semaphore.release(); }
    } release{comparisons_};
    const auto match = verify_password(password, attempt.user ? attempt.user->password : std::string(), options_.cost);
    if (!match.right || !attempt.user || !attempt.user->enabled) return false;
    if (match.outdated) attempt.new_hash = hash_password(password, options_.cost);
    return true;
}

Result<SignInOutcome> SignIn::decide(Session& session, const SignInRequest& request, const Attempt& attempt,
                                     bool is_right, Timestamp now) const {
    learn_data_keys(session, vault_);
    if (!is_right) return refuse(session, request, attempt, now);
    const auto found = Repository<User>(session, Scope::everything()).find(attempt.user->id);
    // It may have changed while the password was compared.
    if (!found || !found->enabled || !found->live || found->password != attempt.user->password)
        return refuse(session, request, attempt, now);
    if (!found->totp_enabled) return let_in(session, request, attempt, *found, "password", now);
    if (!request.code || trim(*request.code).empty()) {
        withdraw_attempt(session, attempt.id);
        return SignInOutcome(SecondFactorNeeded{});
    }
    const auto method = second_factor(session, *found, *request.code, now);
    if (!method) return method.error();
    if (!*method) return refuse(session, request, attempt, now);
    const auto again = Repository<User>(session, Scope::everything()).find(found->id);
    return again ? let_in(session, request, attempt, *again, **method, now) : refuse(session, request, attempt, now);
}

SignInOutcome SignIn::refuse(Session& session, const SignInRequest& request, const Attempt& attempt,
                             Timestamp now) const {
    const auto last = last_audited_failure(session, attempt.party);
    if (!last || *last <= now - options_.limits.window) {
        json::object details{{"failures", take_unaudited_failures(session, attempt.party)}};
        if (attempt.user)
            details["login"] = attempt.user->login;
        else
            details["remark"] = "nobody has the login that was typed";
        auto entry =
            sign_in_entry(request.entry, request.address, "sign_in_failed",
                          attempt.user ? std::optional(attempt.user->id) : std::nullopt, now, std::move(details));
        append_to_audit(session, std::span(&entry, 1), vault_);
    }
    return SignInRefused{"Login, password or code is not right, or the account is disabled."};
}

/// The method if the code is good, which it is once; none if it is not.
Result<std::optional<std::string>> SignIn::second_factor(Session& session, const User& user, std::string_view code,
                                                         Timestamp now) const {
    using Method = std::optional<std::string>;
    const auto secret = vault_.open(user.totp.value_or(""), {"user", "totp", user.id.value});
    if (secret) {
        if (const auto step = matching_step(*secret, code, now, user.totp_last_step)) {
            return take_totp_step(session, user.id, *step) ? Method("code") : Method();
        }
    }
    if (take_recovery_code(session, user.id, recovery_code_digest(code), now)) return Method("recovery");
    if (!secret) return Error{ErrorCode::unavailable, secret.error().message};
    return Method();
}

SignedIn open_session(Session& session, const Vault& vault, User user, const SessionOrigin& origin,
                      const SignInOptions& options, Timestamp now, json::object details) {
    const auto address = shortened(origin.address, 64);
    const auto before = user;
    user.last_login_at = now;
    user.last_login_address = address;
    const auto must = [](const Result<void>& stored) {
        if (!stored) throw std::runtime_error(stored.error().message);
    };
    must(Repository<User>(session, Scope::everything()).update(before, user));
    const auto token = new_token(session_prefix);
    LoginSession made{.user_id = user.id,
                      .digest = token_digest(token),
                      .created_at = now,
                      .seen_at = now,
                      .expires_at = now + options.longest,
                      .address = address,
                      .user_agent = shortened(origin.user_agent, 255),
                      .method = origin.method,
                      .ended_at = {}};
    must(Repository<LoginSession>(session, Scope::everything()).insert(made));
    details["method"] = origin.method;
    auto entry = sign_in_entry(origin.entry, origin.address, "sign_in", user.id, now, std::move(details));
    entry.user_id = user.id;
    entry.login = user.login;
    append_to_audit(session, std::span(&entry, 1), vault);
    return {token, user.id, made.expires_at};
}

void SignIn::store_new_hash(Session& session, const Attempt& attempt, User& user) const {
    if (!attempt.new_hash) return;
    const auto before = user;
    user.password = *attempt.new_hash;
    if (auto stored = Repository<User>(session, Scope::everything()).update(before, user); !stored)
        throw std::runtime_error(stored.error().message);
}

SignInOutcome SignIn::let_in(Session& session, const SignInRequest& request, const Attempt& attempt, User user,
                             std::string method, Timestamp now) const {
    record_success(session, attempt.id);
    store_new_hash(session, attempt, user);
    json::object details;
    if (const auto failures = take_unaudited_failures(session, attempt.party)) details["failures_before"] = failures;
    return open_session(session, vault_, std::move(user),
                        {request.address, request.user_agent, std::move(method), request.entry}, options_, now,
                        std::move(details));
}

struct SignIn::OpenSession {
    LoginSession session;
    User user;
};

Result<SignIn::OpenSession> SignIn::find_open(Session& session, const std::string& digest, Timestamp now) const {
    const Error over{ErrorCode::forbidden, "The session has ended. Sign in again."};
    auto open = Repository<LoginSession>(session, Scope::everything())
                    .first({.equals = {{"digest", digest}, {"ended_at", Value{}}}});
    if (!open || open->expires_at <= now || open->seen_at + options_.idle <= now) return over;
    auto user = Repository<User>(session, Scope::everything()).find(open->user_id);
    if (!user || !user->enabled || !user->live) return over;
    return OpenSession{*std::move(open), *std::move(user)};
}

Result<Rights> SignIn::rights_of_session(Session& session, const std::string& digest, Timestamp now) const {
    const auto open = find_open(session, digest, now);
    if (!open) return open.error();
    return rights_of(session, open->user.id, now);
}

Result<SessionCaller> SignIn::find_session(std::string_view token, std::string_view entry, std::string_view address,
                                           Timestamp now) {
    bool is_to_be_touched = false;
    auto found = database_.read([&](Session& session) -> Result<SessionCaller> {
        const auto open = find_open(session, token_digest(token), now);
        if (!open) return open.error();
        is_to_be_touched = open->session.seen_at + between_touches <= now;
        return SessionCaller{{{open->user.id, open->user.login, std::string(entry), std::string(address)},
                              rights_of(session, open->user.id, now)},
                             open->session.id};
    });
    if (found && is_to_be_touched)
        database_.write([&](Session& session) { touch_session(session, found->session, now); });
    return found;
}

bool SignIn::end_session(std::string_view token, const Actor& actor, Timestamp now) {
    return database_.write([&](Session& session) {
        if (!mf::end_session(session, token_digest(token), now)) return false;
        AuditEntry entry{.at = now,
                         .user_id = actor.user,
                         .login = actor.login,
                         .entity = "user",
                         .entity_id = actor.user.value,
                         .action = "sign_out",
                         .entry = actor.entry,
                         .address = actor.address,
                         .details = "{}"};
        learn_data_keys(session, vault_);
        append_to_audit(session, std::span(&entry, 1), vault_);
        return true;
    });
}

}  // namespace mf
