// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "service/sign_in_attempt.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/rights.h"

namespace mf {
namespace {

constexpr auto remembered_for = std::chrono::minutes{5};
constexpr std::size_t most_remembered = 10'000;

Caller caller_of(Session& session, const User& user, const SignInRequest& request, Timestamp now) {
    return {{user.id, user.login, request.entry, request.address}, rights_of(session, user.id, now)};
}

}  // namespace

std::string SignIn::digest_of(const SignInRequest& request) const {
    std::string text = salt_;
    for (const auto* part : {&request.login, &request.password, &request.address}) text.append(*part).push_back('\0');
    return sha256_hex(text);
}

Result<PasswordOutcome> SignIn::identify(const SignInRequest& request, Timestamp now) {
    const auto digest = digest_of(request);
    const auto known = [&]() -> std::optional<Remembered> {
        auto all = remembered_.lock();
        const auto found = all->find(digest);
        if (found == all->end() || found->second.until <= now) return std::nullopt;
        return found->second;
    }();
    if (known) {
        auto caller = database_.read([&](Session& session) -> std::optional<Caller> {
            const auto user = Repository<User>(session, Scope::everything()).find(known->user);
            if (!user || !user->enabled || !user->live || user->totp_enabled || user->password != known->hash)
                return std::nullopt;
            return caller_of(session, *user, request, now);
        });
        if (caller) return PasswordOutcome(*std::move(caller));
    }
    auto attempt = database_.write([&](Session& session) { return prepare(session, request, now); });
    if (!attempt) return attempt.error();
    if (!attempt->judgement.allowed()) return PasswordOutcome(must_wait(attempt->judgement));
    const bool right = is_right(*attempt, request.password);
    auto outcome =
        database_.write([&](Session& session) { return decide_identity(session, request, *attempt, right, now); });
    if (outcome && std::holds_alternative<Caller>(*outcome)) {
        auto all = remembered_.lock();
        if (all->size() >= most_remembered) all->clear();
        (*all)[digest] = {attempt->user->id, attempt->new_hash.value_or(attempt->user->password), now + remembered_for};
    }
    return outcome;
}

Result<PasswordOutcome> SignIn::decide_identity(Session& session, const SignInRequest& request, const Attempt& attempt,
                                                bool is_right, Timestamp now) const {
    learn_data_keys(session, vault_);
    const auto refused = [&] {
        auto outcome = refuse(session, request, attempt, now);
        return PasswordOutcome(std::get<SignInRefused>(std::move(outcome)));
    };
    if (!is_right) return refused();
    auto found = Repository<User>(session, Scope::everything()).find(attempt.user->id);
    // It may have changed while the password was compared.
    if (!found || !found->enabled || !found->live || found->password != attempt.user->password) return refused();
    if (found->totp_enabled) {
        withdraw_attempt(session, attempt.id);
        return PasswordOutcome(SecondFactorNeeded{});
    }
    record_success(session, attempt.id);
    store_new_hash(session, attempt, *found);
    json::object details{{"method", "basic"}};
    if (const auto failures = take_unaudited_failures(session, attempt.party)) details["failures_before"] = failures;
    auto entry = sign_in_entry(request.entry, request.address, "sign_in", found->id, now, std::move(details));
    entry.user_id = found->id;
    entry.login = found->login;
    append_to_audit(session, std::span(&entry, 1), vault_);
    return PasswordOutcome(caller_of(session, *found, request, now));
}

}  // namespace mf
