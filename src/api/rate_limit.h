// SPDX-License-Identifier: MIT
#pragma once

#include "base/locked.h"
#include "base/value.h"
#include "net/server/message.h"

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mf {

/// So many requests in any window; a whole window's worth may come at once.
struct RatePolicy {
    std::string name;           ///< in the header: "caller"
    std::int64_t requests = 0;  ///< 0: without limit
    std::chrono::seconds window = std::chrono::minutes{1};
};

/// What somebody may still ask for.
struct Allowance {
    const RatePolicy* policy = nullptr;   ///< of the limiter; null: there is no limit
    bool allowed = true;                  ///< this request is within it
    std::int64_t remaining = 0;           ///< requests that may come at once after this one
    std::chrono::seconds reset{0};        ///< until all of them may again
    std::chrono::seconds retry_after{0};  ///< at least 1 when refused
};

/// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10), when there is a limit.
void announce(const Allowance& allowance, http::Headers& headers);

/// Counts the requests of everybody, in bounded memory: of each it knows one moment (generic cell rate algorithm, ITU-T
/// I.371). Thread-safe.
class RateLimiter {
public:
    /// `most` is how many are told apart at once; beyond that those are forgotten who have used least.
    RateLimiter(RatePolicy of_callers, RatePolicy of_addresses, std::size_t most = 50'000);

    /// A request of a caller that is known: by what stands for his account.
    Allowance take_of_caller(std::string_view key, Timestamp now) { return take(callers_, key, now); }
    /// A request of nobody in particular, from this address.
    Allowance take_of_address(std::string_view address, Timestamp now);
    /// The same at a Unix socket, where there are users of the system instead of addresses.
    Allowance take_of_user(unsigned uid, Timestamp now);

private:
    Allowance take(const RatePolicy& policy, std::string_view key, Timestamp now);

    const RatePolicy callers_, addresses_;
    const std::size_t most_;
    /// When all that was asked for would have been paid back at an even pace.
    Locked<std::unordered_map<std::string, std::chrono::sys_time<std::chrono::microseconds>>> paid_at_;
};

}  // namespace mf
