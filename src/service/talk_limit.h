// SPDX-License-Identifier: MIT
#pragma once

#include "base/locked.h"
#include "service/operation.h"

#include <map>
#include <memory>

namespace mf {

/// How many calls may ask other machines at a time (Operation::talk). Each keeps a thread that long, and whoever stands
/// behind an address decides how long that is; the others have to be there for everybody else. Thread-safe.
class TalkLimit : public std::enable_shared_from_this<TalkLimit> {
public:
    /// `most`: together, at least 1; `most_of_user`: of one user.
    static std::shared_ptr<TalkLimit> of(std::size_t most, std::size_t most_of_user = 2);

    /// Given back with the last copy of the pointer. limited: no place is free, with a sentence for people.
    Result<std::shared_ptr<void>> take(Id<User> user);

private:
    TalkLimit(std::size_t most, std::size_t most_of_user) : most_(most), most_of_user_(most_of_user) {}

    struct Taken {
        std::size_t together = 0;
        std::map<std::int64_t, std::size_t> of_user;
    };
    const std::size_t most_, most_of_user_;
    Locked<Taken> taken_;
};

/// Has operations that ask other machines take a place before they do, when everything else about the call is right.
Operations with_limited_talks(Operations operations, const std::shared_ptr<TalkLimit>& limit);

}  // namespace mf
