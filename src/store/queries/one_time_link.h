// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"
#include "store/database.h"

namespace mf {

enum class LinkPurpose {
    setup,       ///< whoever has the link becomes the first administrator
    invitation,  ///< somebody chooses the first password
    password     ///< somebody chooses another password
};
constexpr auto names_of(LinkPurpose) { return std::to_array<std::string_view>({"setup", "invitation", "password"}); }

struct NewLink {
    LinkPurpose purpose = LinkPurpose::setup;
    std::optional<Id<User>> user = {};  ///< of the others
};
struct MadeLink {
    std::string token;  ///< stored as its digest only
    Timestamp expires_at{};
};
/// Links that were made before for the same are void.
MadeLink make_link(Session& session, const NewLink& wanted, Timestamp now);

/// What a token that somebody brings is good for; from then on it is good for nothing. None: it was used, has expired,
/// or never was one.
std::optional<NewLink> take_link(Session& session, std::string_view token, Timestamp now);

/// All links of somebody are void from now on.
void void_links(Session& session, Id<User> user, Timestamp now);

/// Can anybody sign in who is neither deleted nor disabled?
bool somebody_has_a_password(Session& session);

}  // namespace mf
