// SPDX-License-Identifier: MIT
#include "secure/token.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;

TEST_CASE("a token is its prefix and 43 characters of the URL alphabet") {
    std::set<std::string> seen;
    std::set<char> characters;
    for (int i = 0; i < 500; ++i) {
        const auto token = new_token("mfx_");
        REQUIRE(token.size() == 4 + 43);
        CHECK(token.starts_with("mfx_"));
        const auto random = token.substr(4);
        CHECK(random.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
              random.npos);
        characters.insert(random.begin(), random.end());
        seen.insert(random);
    }
    CHECK(seen.size() == 500);
    CHECK(characters.size() == 64);
    CHECK(new_token("").size() == 43);
}

TEST_CASE("the digest of a token is its SHA-256") {
    // FIPS 180-4, example of one block
    CHECK(token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(token_digest("abc") != token_digest("abd"));
}

TEST_CASE("texts are equal when all their bytes are") {
    CHECK(constant_time_equal("", ""));
    CHECK(constant_time_equal("abc", "abc"));
    CHECK_FALSE(constant_time_equal("abc", "abd"));
    CHECK_FALSE(constant_time_equal("abc", "ab"));
    CHECK_FALSE(constant_time_equal("", "a"));
    CHECK_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
    CHECK(rc::check("as == says", [](const std::string& a, const std::string& b) {
        RC_ASSERT(constant_time_equal(a, b) == (a == b));
        RC_ASSERT(constant_time_equal(a, std::string(a)));
    }));
}

TEST_CASE("ten recovery codes in letters and digits that are told apart") {
    std::set<std::string> seen;
    std::set<char> characters;
    for (int i = 0; i < 50; ++i) {
        const auto codes = new_recovery_codes();
        REQUIRE(codes.size() == 10);
        for (const auto& code : codes) {
            REQUIRE(code.size() == 19);
            for (std::size_t at = 0; at < code.size(); ++at) {
                CHECK((code[at] == '-') == (at % 5 == 4));
                characters.insert(code[at]);
            }
            seen.insert(code);
        }
    }
    CHECK(seen.size() == 500);
    CHECK(std::string(characters.begin(), characters.end()) == "-0123456789ABCDEFGHJKMNPQRSTVWXYZ");
}

TEST_CASE("a recovery code may be typed as people do") {
    const auto digest = recovery_code_digest("7KQ2-M9XD-40TP-1RV6");
    CHECK(digest.size() == 64);
    for (const char* typed : {"7kq2-m9xd-40tp-1rv6", "7KQ2M9XD40TP1RV6", " 7KQ2 M9XD 40TP 1RV6\r\n",
                              "7KQ2-M9XD-4OTP-lRV6", "7kq2--m9xd-4otp-irv6"})
        CHECK(recovery_code_digest(typed) == digest);
    for (const char* other :
         {"", "7KQ2-M9XD-40TP-1RV7", "7KQ2-M9XD-40TP-1RV", "7KQ2-M9XD-40TP-1RV66", "7KQ2_M9XD-40TP-1RV6"})
        CHECK(recovery_code_digest(other) != digest);
}
