// SPDX-License-Identifier: MIT
#include "secure/totp.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;
using namespace std::chrono_literals;

namespace {

// "12345678901234567890", the secret of RFC 6238, appendix B
const std::string rfc_secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

Timestamp at(std::int64_t second) { return Timestamp{std::chrono::seconds{second}}; }

std::optional<std::int64_t> step_at(std::int64_t second, std::string_view code, std::optional<std::int64_t> last = {}) {
    return matching_step(rfc_secret, code, at(second), last);
}

}  // namespace

TEST_CASE("the codes of RFC 6238, appendix B") {
    // The last six of its eight digits.
    const std::vector<std::pair<std::int64_t, std::string>> codes{
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
    };
    for (const auto& [second, code] : codes) {
        CAPTURE(second);
        CHECK(step_at(second, code) == second / 30);
    }
}

TEST_CASE("a code is good for its step and one at each side") {
    const std::int64_t start = 1234567890;  // the first second of a step
    REQUIRE(start % 30 == 0);
    const auto step = start / 30;
    CHECK_FALSE(step_at(start - 31, "005924"));
    CHECK(step_at(start - 30, "005924") == step);
    CHECK(step_at(start + 29, "005924") == step);
    CHECK(matching_step(rfc_secret, "005924", at(start + 59) + 999ms, {}) == step);
    CHECK_FALSE(step_at(start + 60, "005924"));
}

TEST_CASE("a step is used once") {
    const std::int64_t second = 1234567890;
    const auto step = second / 30;
    CHECK(step_at(second, "005924", step - 1) == step);
    CHECK_FALSE(step_at(second, "005924", step));
    CHECK_FALSE(step_at(second + 30, "005924", step));
    CHECK_FALSE(step_at(second, "005924", step + 1));
}

TEST_CASE("what is no code matches nothing") {
    CHECK(step_at(1234567890, "005 924") == 1234567890 / 30);
    CHECK(step_at(1234567890, " 005924 ") == 1234567890 / 30);
    for (const std::string& code : {std::string(), std::string("5924"), std::string("0059240"), std::string("005925"),
                                    std::string("00592a"), std::string("005924\0", 7), std::string(1'000'000, '0')})
        CHECK_FALSE(step_at(1234567890, code));
}

TEST_CASE("time before 1970 has no steps") {
    CHECK_FALSE(step_at(-1, "000000"));
    CHECK_FALSE(step_at(-100'000, "000000"));
    CHECK(step_at(0, "755224") == 0);  // RFC 4226, appendix D
    CHECK(step_at(0, "287082") == 1);
}

TEST_CASE("secrets in base 32 only") {
    CHECK_THROWS_AS(matching_step("", "005924", at(0), {}), std::invalid_argument);
    CHECK_THROWS_AS(matching_step("1890!", "005924", at(0), {}), std::invalid_argument);
    // As people type them from paper.
    CHECK(matching_step("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "287082", at(59), {}) == 1);
}

TEST_CASE("new secrets are random, and work") {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        const auto secret = new_totp_secret();
        CHECK(secret.size() == 32);
        CHECK(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == secret.npos);
        seen.insert(secret);
        CHECK_NOTHROW(matching_step(secret, "000000", at(1234567890), {}));
    }
    CHECK(seen.size() == 50);
}

TEST_CASE("the address for authenticator programs") {
    CHECK(totp_uri(rfc_secret, "MultiFlexi", "jana") == "otpauth://totp/MultiFlexi:jana?secret=" + rfc_secret +
                                                            "&issuer=MultiFlexi&algorithm=SHA1&digits=6&period=30");
    CHECK(totp_uri("AA", "Účetní & syn", "a:b@c d/?#%") ==
          "otpauth://totp/%C3%9A%C4%8Detn%C3%AD%20%26%20syn:a%3Ab%40c%20d%2F%3F%23%25?secret=AA&issuer="
          "%C3%9A%C4%8Detn%C3%AD%20%26%20syn&algorithm=SHA1&digits=6&period=30");
}
