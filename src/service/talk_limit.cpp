// SPDX-License-Identifier: MIT
#include "service/talk_limit.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {

std::shared_ptr<TalkLimit> TalkLimit::of(std::size_t most, std::size_t most_of_user) {
    return std::shared_ptr<TalkLimit>(new TalkLimit(std::max<std::size_t>(1, most), most_of_user));
}

Result<std::shared_ptr<void>> TalkLimit::take(Id<User> user) {
    {
        auto taken = taken_.lock();
        if (taken->together >= most_)
            return Error{ErrorCode::limited,
                         "As many calls as may ask other machines at a time are under way; try again in some seconds."};
        auto& of_user = taken->of_user[user.value];
        if (of_user >= most_of_user_)
            return Error{ErrorCode::limited,
                         fmt::format("You have {} calls under way that ask other machines; try again when one of them "
                                     "has ended.",
                                     of_user)};
        ++of_user;
        ++taken->together;
    }
    return std::shared_ptr<void>(static_cast<void*>(this), [limit = shared_from_this(), user](void*) {
        auto taken = limit->taken_.lock();
        --taken->together;
        if (const auto of_user = taken->of_user.find(user.value); --of_user->second == 0) taken->of_user.erase(of_user);
    });
}

Operations with_limited_talks(Operations operations, const std::shared_ptr<TalkLimit>& limit) {
    for (auto& operation : operations) {
        if (!operation.talk) continue;
        operation.talk = [prepare = std::move(operation.talk), limit](Call& call,
                                                                      const json::object& input) -> Result<Talk> {
            auto talk = prepare(call, input);
            if (!talk) return talk;
            auto place = limit->take(call.actor.user);
            if (!place) return place.error();
            return Talk(
                [talk = *std::move(talk), place = *std::move(place)](Outside& outside) { return talk(outside); });
        };
    }
    return operations;
}

}  // namespace mf
