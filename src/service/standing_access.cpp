// SPDX-License-Identifier: MIT
#include "service/standing_access.h"

#include "base/digest.h"
#include "secure/token.h"
#include "service/token_caller.h"
#include "store/queries/rights.h"

namespace mf {
namespace {

std::string digest_of_hash(const User& user) {
    Sha256 digest;
    digest.add(user.password);
    return digest.hex();
}

}  // namespace

AccessProof AccessProof::of_token(std::string_view token) { return {.by = By::token, .digest = token_digest(token)}; }

AccessProof AccessProof::of_session(std::string_view token) {
    return {.by = By::session, .digest = token_digest(token)};
}

AccessProof AccessProof::of_password(Database& database, Id<User> user) {
    const auto found =
        database.read([&](Session& session) { return Repository<User>(session, Scope::everything()).find(user); });
    return {.by = By::password, .digest = found ? digest_of_hash(*found) : std::string(), .user = user};
}

std::shared_ptr<StandingAccess::Holder> StandingAccess::hold(const AccessProof& proof) {
    auto& known = holders_[proof];
    auto out = known.lock();
    if (!out) known = out = std::make_shared<Holder>(Holder{.proof = proof});
    return out;
}

void StandingAccess::read(Session& session, Holder& holder) const {
    const auto now = clock_.now();
    auto rights = [&]() -> Result<Rights> {
        switch (holder.proof.by) {
            case AccessProof::By::token: return rights_of_token(session, holder.proof.digest, now);
            case AccessProof::By::session: return sign_in_.rights_of_session(session, holder.proof.digest, now);
            case AccessProof::By::password: break;
        }
        const auto user = Repository<User>(session, Scope::everything()).find(holder.proof.user);
        if (!user || !user->enabled || !user->live || digest_of_hash(*user) != holder.proof.digest)
            return Error{ErrorCode::forbidden, "The account is disabled, or has another password."};
        return rights_of(session, user->id, now);
    }();
    holder.has_ended = !rights;
    holder.rights = rights ? *std::move(rights) : Rights();
}

void StandingAccess::look(std::chrono::milliseconds age) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(holders_, [](const auto& each) { return each.second.expired(); });
    if (holders_.empty()) return;
    audited_ = database_.read([&](Session& session) {
        // First, so that what changes meanwhile is seen the next time.
        const auto news = rights_news(session, audited_);
        for (const auto& [proof, known] : holders_) {
            const auto holder = known.lock();
            if (!holder) continue;
            const bool is_new = holder->looked_at == std::chrono::steady_clock::time_point{};
            if (!news.may_have_changed && !is_new && now - holder->looked_at < age) continue;
            read(session, *holder);
            holder->looked_at = now;
        }
        return news.newest;
    });
}

}  // namespace mf
