// SPDX-License-Identifier: MIT
#include "domain/sign_in_limit.h"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace mf {
namespace {

/// The end of the wait after the failures at these moments; none when they are too few, or it is over.
std::optional<Timestamp> end_of_wait(std::vector<Timestamp> failures, std::size_t limit, Timestamp now,
                                     const SignInLimits& limits) {
    std::erase_if(failures, [&](Timestamp each) { return each > now + limits.window; });
    if (limit == 0 || failures.size() < limit) return std::nullopt;
    std::ranges::sort(failures, std::greater<>());
    // Counted back from the last failure, not from now: otherwise the wait would be over when the first one is old
    // enough.
    const auto last = failures.front();
    const auto end = last + limits.window;
    if (last - failures[limit - 1] >= limits.window || end <= now) return std::nullopt;
    return end;
}

}  // namespace

SignInJudgement judge_sign_in(const SignInHistory& history, Timestamp now, const SignInLimits& limits) {
    SignInJudgement out;
    const auto apply = [&](SignInRule rule, const std::vector<Timestamp>& failures, std::size_t limit) {
        const auto end = end_of_wait(failures, limit, now, limits);
        if (!end) return;
        const auto wait = std::chrono::ceil<std::chrono::seconds>(*end - now);
        if (wait > out.retry_after) out = {rule, wait};
    };
    auto pair_failures = history.pair_failures;
    if (history.last_success)
        std::erase_if(pair_failures, [&](Timestamp each) { return each <= *history.last_success; });
    apply(SignInRule::pair, pair_failures, limits.of_pair);
    apply(SignInRule::address, history.address_failures, limits.of_address);
    const bool is_familiar = history.last_success && *history.last_success > now - limits.familiar;
    if (!is_familiar) apply(SignInRule::login, history.login_failures, limits.of_login);
    return out;
}

std::string address_group(std::string_view address) {
    const std::string text(address.substr(0, address.find('%')));
    std::array<unsigned char, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    // inet_pton would take the part before a NUL for the whole.
    if (text.find('\0') == std::string::npos) {
        if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
            return ::inet_ntop(AF_INET, bytes.data(), out.data(), out.size());
        if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
            constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
            if (std::memcmp(bytes.data(), mapped.data(), mapped.size()) == 0)
                return ::inet_ntop(AF_INET, bytes.data() + mapped.size(), out.data(), out.size());
            std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
            return std::string(::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size())) + "/64";
        }
    }
    return "unknown";
}

}  // namespace mf
