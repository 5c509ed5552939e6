// SPDX-License-Identifier: MIT
#include "api/rate_limit.h"

#include "support/moment.h"

#include <doctest/doctest.h>

#include <random>

using namespace mf;
using namespace std::chrono_literals;

namespace {

const Timestamp rate_start = mf::testing::test_time;

}  // namespace

TEST_CASE("Rate limit: so many at once, then one as each share of the window passes, and everybody for himself") {
    RateLimiter limiter({"token", 6, 60s}, {"address", 2, 60s});
    for (int i = 5; i >= 0; --i) {
        const auto taken = limiter.take_of_caller("anna", rate_start);
        CHECK(taken.allowed);
        CHECK(taken.remaining == i);
        CHECK(taken.reset == (6 - i) * 10s);
    }
    const auto refused = limiter.take_of_caller("anna", rate_start);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.remaining == 0);
    CHECK(refused.retry_after == 10s);
    CHECK(refused.reset == 60s);
    CHECK(limiter.take_of_caller("karel", rate_start).allowed);

    CHECK_FALSE(limiter.take_of_caller("anna", rate_start + 9s).allowed);
    CHECK(limiter.take_of_caller("anna", rate_start + 9s).retry_after == 1s);
    CHECK(limiter.take_of_caller("anna", rate_start + 10s).allowed);
    CHECK_FALSE(limiter.take_of_caller("anna", rate_start + 10s).allowed);
    CHECK(limiter.take_of_caller("anna", rate_start + 1h).remaining == 5);
}

TEST_CASE("Rate limit: an address is one customer, and no caller shares its share") {
    RateLimiter limiter({"token", 6, 60s}, {"address", 1, 60s});
    CHECK(limiter.take_of_address("2001:db8:0:1::7", rate_start).allowed);
    CHECK_FALSE(limiter.take_of_address("2001:db8:0:1::8", rate_start).allowed);
    CHECK(limiter.take_of_address("2001:db8:0:2::7", rate_start).allowed);
    CHECK(limiter.take_of_address("192.0.2.7", rate_start).allowed);
    CHECK_FALSE(limiter.take_of_address("::ffff:192.0.2.7", rate_start).allowed);
    CHECK(limiter.take_of_caller("192.0.2.7", rate_start).allowed);
}

TEST_CASE("Rate limit: none") {
    RateLimiter limiter({"token", 0}, {"address", 0});
    for (int i = 0; i < 1000; ++i) REQUIRE(limiter.take_of_caller("anna", rate_start).allowed);
    http::Headers headers;
    announce(limiter.take_of_caller("anna", rate_start), headers);
    CHECK_FALSE(headers.has("RateLimit"));
}

TEST_CASE("Rate limit: who has used most is remembered when there are too many, and nobody gets more than his share") {
    RateLimiter limiter({"token", 100, 100s}, {"address", 1}, 8);
    for (int i = 0; i < 100; ++i) REQUIRE(limiter.take_of_caller("busy", rate_start).allowed);
    for (int i = 0; i < 1000; ++i) CHECK(limiter.take_of_caller("other " + std::to_string(i), rate_start).allowed);
    CHECK_FALSE(limiter.take_of_caller("busy", rate_start).allowed);

    std::mt19937 random(7);
    RateLimiter steady({"token", 10, 60s}, {"address", 1});
    Timestamp now = rate_start;
    std::vector<Timestamp> served;
    for (int i = 0; i < 5000; ++i) {
        now += std::chrono::milliseconds(random() % 3000);
        if (steady.take_of_caller("anna", now).allowed) served.push_back(now);
    }
    // A whole window's worth at once, and what is paid back meanwhile.
    for (std::size_t i = 0; i + 20 < served.size(); ++i) REQUIRE(served[i + 20] - served[i] > 60s);
    REQUIRE(served.size() > 20);
}

TEST_CASE("Rate limit: what the headers say") {
    RateLimiter limiter({"token", 2, 60s}, {"address", 1});
    http::Headers headers;
    announce(limiter.take_of_caller("anna", rate_start), headers);
    CHECK(headers.get("RateLimit-Policy") == "\"token\";q=2;w=60");
    CHECK(headers.get("RateLimit") == "\"token\";r=1;t=30");
    CHECK_FALSE(headers.has("Retry-After"));
    (void)limiter.take_of_caller("anna", rate_start);
    announce(limiter.take_of_caller("anna", rate_start), headers);
    CHECK(headers.get("RateLimit") == "\"token\";r=0;t=60");
    CHECK(headers.get("Retry-After") == "30");
}
