// SPDX-License-Identifier: MIT
#include "api/rate_limit.h"

#include "domain/sign_in_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace mf {
namespace {

/// A share of a window may be less than a millisecond.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;
using Paid = std::unordered_map<std::string, Moment>;

void forget_idle(Paid& all, Moment now) {
    std::erase_if(all, [&](const auto& one) { return one.second <= now; });
}

/// Half of them, so that the work is not done again for each newcomer.
void forget_half(Paid& all) {
    std::vector<Moment> moments;
    moments.reserve(all.size());
    for (const auto& [key, moment] : all) moments.push_back(moment);
    const auto middle = moments.begin() + std::ssize(moments) / 2;
    std::ranges::nth_element(moments, middle);
    std::erase_if(all, [limit = *middle](const auto& one) { return one.second <= limit; });
}

}  // namespace

void announce(const Allowance& allowance, http::Headers& headers) {
    if (!allowance.policy) return;
    headers.set("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", allowance.policy->name, allowance.policy->requests,
                                                allowance.policy->window.count()));
    headers.set("RateLimit",
                fmt::format("\"{}\";r={};t={}", allowance.policy->name, allowance.remaining, allowance.reset.count()));
    if (!allowance.allowed) headers.set("Retry-After", fmt::to_string(allowance.retry_after.count()));
}

RateLimiter::RateLimiter(RatePolicy of_callers, RatePolicy of_addresses, std::size_t most)
    : callers_(std::move(of_callers)), addresses_(std::move(of_addresses)), most_(most) {}

Allowance RateLimiter::take_of_address(std::string_view address, Timestamp now) {
    return take(addresses_, "address " + address_group(address), now);
}

Allowance RateLimiter::take_of_user(unsigned uid, Timestamp now) {
    return take(addresses_, fmt::format("uid {}", uid), now);
}

Allowance RateLimiter::take(const RatePolicy& policy, std::string_view key, Timestamp moment_of_request) {
    if (policy.requests == 0) return {};
    using std::chrono::ceil, std::chrono::seconds;
    const Moment now = moment_of_request;
    const Moment::duration window = policy.window;
    const auto each = std::max(window / policy.requests, Moment::duration(1));
    auto all = paid_at_.lock();
    if (all->size() >= most_) forget_idle(*all, now);
    if (all->size() >= most_) forget_half(*all);
    auto& moment = (*all)[std::string(key)];
    const auto paid = std::max(moment, now);
    Allowance out{.policy = &policy};
    if (paid + each - now > window) {
        out.allowed = false;
        out.retry_after = std::max(ceil<seconds>(paid + each - window - now), seconds(1));
        out.reset = ceil<seconds>(paid - now);
        return out;
    }
    moment = paid + each;
    out.remaining = (window - (moment - now)) / each;
    out.reset = ceil<seconds>(moment - now);
    return out;
}

}  // namespace mf
