// SPDX-License-Identifier: MIT
#include "app/acting_caller.h"

#include "app/caller_place.h"
#include "service/token_caller.h"

#include <fmt/format.h>
#include <cstdlib>

namespace mf {

Result<Caller> acting_caller(Installation& installation, const std::optional<std::string>& token,
                             std::string_view entry, const Clock& clock) {
    const char* of_environment = std::getenv(token_variable);
    if (!token && !of_environment) {
        auto actor = installation.actor(clock);
        actor.entry = std::string(entry);
        actor.address = place_of_caller();
        return Caller{std::move(actor), Rights::unlimited()};
    }
    const std::string text = token ? *token : of_environment;
    // A script whose token has got lost shall not act as somebody else.
    if (text.empty())
        return Error{
            ErrorCode::invalid,
            fmt::format("{} is set, but empty. Put a token into it, or unset it to act as the administrator of "
                        "this machine.",
                        token_variable)};
    return caller_of_token(installation.database(), text, entry, place_of_caller(), clock.now());
}

}  // namespace mf
