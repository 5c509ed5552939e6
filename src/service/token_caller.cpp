// SPDX-License-Identifier: MIT
#include "service/token_caller.h"

#include "base/text.h"
#include "secure/token.h"
#include "store/queries/rights.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr auto between_notes = 1min;

/// What the token leaves of the rights of its owner.
Rights bounded(const KnownToken& token) {
    const auto& rights = token.rights_of_owner;
    if (!token.permissions && !token.companies) return rights;
    auto permissions = PermissionSet::all();
    if (token.permissions) {
        permissions = {};
        for (const auto& word : *token.permissions)
            if (const auto known = enum_named<Permission>(word)) permissions.add(*known);
    }
    std::optional<std::vector<std::int64_t>> companies;
    if (token.companies) {
        companies.emplace();
        for (const auto& word : *token.companies)
            if (const auto id = to_integer(word)) companies->push_back(*id);
    }
    return rights.within(permissions, companies);
}

Result<KnownToken> find_good_token(Session& session, const std::string& digest, Timestamp now) {
    const auto refused = [](std::string_view why) {
        return Error{ErrorCode::forbidden, fmt::format("The token {}. Make a new one (token create).", why)};
    };
    auto known = find_token(session, digest, now);
    if (!known) return refused("is not known here");
    if (known->revoked_at) return refused("was revoked");
    if (known->expires_at && *known->expires_at <= now) return refused("has expired");
    if (!known->owner_is_enabled)
        return Error{ErrorCode::forbidden, "The account that the token belongs to is disabled."};
    return *std::move(known);
}

}  // namespace

Result<Rights> rights_of_token(Session& session, const std::string& digest, Timestamp now) {
    const auto known = find_good_token(session, digest, now);
    if (!known) return known.error();
    return bounded(*known);
}

Result<Caller> caller_of_token(Database& database, std::string_view token, std::string_view entry,
                               std::string_view address, Timestamp now) {
    std::optional<KnownToken> known;
    auto caller = database.read([&](Session& session) -> Result<Caller> {
        auto found = find_good_token(session, token_digest(token), now);
        if (!found) return found.error();
        known = *std::move(found);
        return Caller{{.user = known->owner,
                       .login = known->login,
                       .entry = std::string(entry),
                       .address = std::string(address),
                       .until = known->expires_at,
                       .restricted = known->permissions || known->companies},
                      bounded(*known)};
    });
    if (caller && (!known->last_used_at || *known->last_used_at + between_notes <= now))
        database.write([&](Session& session) { note_token_use(session, known->id, address, now); });
    return caller;
}

}  // namespace mf
