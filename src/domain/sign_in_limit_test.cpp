// SPDX-License-Identifier: MIT
#include "domain/sign_in_limit.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

const Timestamp sign_in_time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 30};

// So many failures, a second apart, the last of them so long before now.
std::vector<Timestamp> failures(int count, std::chrono::milliseconds before, std::chrono::milliseconds apart = 1s) {
    std::vector<Timestamp> out;
    for (int i = 0; i < count; ++i) out.push_back(sign_in_time - before - i * apart);
    return out;
}

std::string judged(const SignInHistory& history, const SignInLimits& limits = {}) {
    const auto judgement = judge_sign_in(history, sign_in_time, limits);
    CHECK(judgement.allowed() == (judgement.rule == SignInRule::none));
    constexpr const char* names[] = {"allowed", "pair", "address", "login"};
    return fmt::format("{} {}", names[static_cast<int>(judgement.rule)], judgement.retry_after.count());
}

}  // namespace

TEST_CASE("who has not failed goes on") { CHECK(judged({}) == "allowed 0"); }

TEST_CASE("five failures of an address with a login wait until a quarter of an hour after the last") {
    CHECK(judged({.pair_failures = failures(4, 0s)}) == "allowed 0");
    CHECK(judged({.pair_failures = failures(5, 0s)}) == "pair 900");
    CHECK(judged({.pair_failures = failures(9, 1min)}) == "pair 840");
    CHECK(judged({.pair_failures = failures(5, 15min - 1ms)}) == "pair 1");
    CHECK(judged({.pair_failures = failures(5, 15min)}) == "allowed 0");
}

TEST_CASE("the wait is a whole one, also when the first failures are older than the window") {
    CHECK(judged({.pair_failures = failures(5, 10min, 3min)}) == "pair 300");
    CHECK(judged({.pair_failures = failures(5, 0s, 225s)}) == "allowed 0");
    CHECK(judged({.pair_failures = failures(5, 0s, 225s - 1ms)}) == "pair 900");
    auto unsorted = failures(5, 10min, 3min);
    std::swap(unsorted.front(), unsorted.back());
    CHECK(judged({.pair_failures = unsorted}) == "pair 300");
}

TEST_CASE("fifty failures of an address wait, whatever the login") {
    CHECK(judged({.address_failures = failures(49, 0s)}) == "allowed 0");
    CHECK(judged({.address_failures = failures(50, 1min)}) == "address 840");
    CHECK(judged({.address_failures = failures(50, 1min), .last_success = sign_in_time - 24h}) == "address 840");
}

TEST_CASE("twenty failures of a login let only familiar addresses go on") {
    CHECK(judged({.login_failures = failures(19, 0s)}) == "allowed 0");
    CHECK(judged({.login_failures = failures(20, 1min)}) == "login 840");
    CHECK(judged({.login_failures = failures(20, 1min), .last_success = sign_in_time - 24h * 90 + 1ms}) == "allowed 0");
    CHECK(judged({.login_failures = failures(20, 1min), .last_success = sign_in_time - 24h * 90}) == "login 840");
}

TEST_CASE("the longest wait is told") {
    CHECK(judged({.pair_failures = failures(5, 3min),
                  .address_failures = failures(50, 2min),
                  .login_failures = failures(20, 1min)}) == "login 840");
    CHECK(judged({.pair_failures = failures(5, 1min),
                  .address_failures = failures(50, 2min),
                  .login_failures = failures(20, 3min)}) == "pair 840");
}

TEST_CASE("a success forgives the failures of its pair before it") {
    CHECK(judged({.pair_failures = failures(5, 1min), .last_success = sign_in_time - 1min}) == "allowed 0");
    CHECK(judged({.pair_failures = failures(5, 1min), .last_success = sign_in_time - 1min - 1ms}) == "allowed 0");
    CHECK(judged({.pair_failures = failures(5, 1min, 0ms), .last_success = sign_in_time - 1min}) == "allowed 0");
    CHECK(judged({.pair_failures = failures(5, 1min, 0ms), .last_success = sign_in_time - 61s}) == "pair 840");
    CHECK(judged({.pair_failures = failures(6, 1min), .last_success = sign_in_time - 1min - 5s}) == "pair 840");
}

TEST_CASE("clocks that differ are no way around") {
    CHECK(judged({.pair_failures = failures(5, -1min)}) == "pair 960");
    // A clock that was a day ahead once shall not lock anybody out for a day.
    CHECK(judged({.pair_failures = failures(5, -24h)}) == "allowed 0");
}

TEST_CASE("limits can be set") {
    CHECK(judged({.pair_failures = failures(2, 0s)}, {.window = 60s, .of_pair = 2}) == "pair 60");
    CHECK(judged({.address_failures = failures(3, 0s)}, {.window = 60s, .of_address = 3}) == "address 60");
    CHECK(judged({.login_failures = failures(3, 0s)}, {.window = 60s, .of_login = 3}) == "login 60");
    CHECK(judged({.login_failures = failures(20, 0s), .last_success = sign_in_time - 2h}, {.familiar = 1h}) ==
          "login 900");
}

TEST_CASE("failures from elsewhere never refuse an address that is familiar") {
    CHECK(rc::check("only what it does itself counts", [] {
        const auto moments = [](int most) {
            std::vector<Timestamp> out;
            for (const int second :
                 *rc::gen::resize(most, rc::gen::container<std::vector<int>>(rc::gen::inRange(-900, 1800))))
                out.push_back(sign_in_time - std::chrono::seconds{second});
            return out;
        };
        const auto own = moments(20);
        const auto success = sign_in_time - std::chrono::seconds{*rc::gen::inRange(0, 90 * 86'400)};
        const SignInHistory alone{
            .pair_failures = own, .address_failures = own, .login_failures = own, .last_success = success};
        auto attacked = alone;
        for (const auto moment : moments(500)) attacked.login_failures.push_back(moment);
        const auto expected = judge_sign_in(alone, sign_in_time);
        const auto judgement = judge_sign_in(attacked, sign_in_time);
        RC_ASSERT(judgement.rule == expected.rule);
        RC_ASSERT(judgement.retry_after == expected.retry_after);
        RC_ASSERT(judgement.rule != SignInRule::login);
        RC_ASSERT(judgement.retry_after < 1800s + 1s);
        RC_ASSERT((judgement.retry_after == 0s) == judgement.allowed());
    }));
}

TEST_CASE("IPv4 addresses count alone, IPv6 addresses by network") {
    CHECK(address_group("192.0.2.7") == "192.0.2.7");
    CHECK(address_group("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(address_group("::FFFF:c000:207") == "192.0.2.7");
    CHECK(address_group("2001:db8:0:1::1") == "2001:db8:0:1::/64");
    CHECK(address_group("2001:0DB8:0:1:ffff:ffff:ffff:ffff") == "2001:db8:0:1::/64");
    CHECK(address_group("2001:db8:0:2::1") == "2001:db8:0:2::/64");
    CHECK(address_group("::1") == "::/64");
    CHECK(address_group("fe80::1%eth0") == address_group("fe80::2"));
}

TEST_CASE("what is no address is a group of its own") {
    for (const std::string& text : {std::string(), std::string("unknown"), std::string("localhost"),
                                    std::string("1.2.3"), std::string("192.0.2.7:80"), std::string("[::1]"),
                                    std::string("192.0.2.7\0x", 11), std::string(10'000, '1'), std::string("%eth0")})
        CHECK(address_group(text) == "unknown");
}
