// SPDX-License-Identifier: MIT
#include "secure/password.h"

#include <doctest/doctest.h>

#include <ctime>

using namespace mf;

namespace {

// Quick, for what is not about the cost.
constexpr PasswordCost cheap{.passes = 1, .memory = 64 << 10};

constexpr std::string_view php_example = "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq";
// md5("a1" "hunter2")
constexpr std::string_view early_example = "3a0ef0bd003e97da6529b5202f112124:a1";

std::string what(PasswordMatch match) {
    return !match.right ? (match.outdated ? "wrong and outdated" : "wrong") : match.outdated ? "outdated" : "right";
}

// Processor time, which other programs do not disturb; the least of several, for what the kernel adds now and then.
double seconds_for(const std::function<void()>& call) {
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
        const auto moment = [] {
            timespec time{};
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
        };
        const auto before = moment();
        call();
        least = std::min(least, moment() - before);
    }
    return least;
}

}  // namespace

TEST_CASE("a password is recognised by its hash, and no other is") {
    const auto stored = hash_password("Correct horse 1!", cheap);
    CHECK(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    CHECK(what(verify_password("Correct horse 1!", stored, cheap)) == "right");
    for (const char* other : {"", "correct horse 1!", "Correct horse 1", "Correct horse 1! "})
        CHECK(what(verify_password(other, stored, cheap)) == "wrong");
    CHECK(hash_password("Correct horse 1!", cheap) != stored);
    const std::string with_nul("abc\0def", 7);
    CHECK(what(verify_password(with_nul, hash_password(with_nul, cheap), cheap)) == "right");
    CHECK(what(verify_password("abc", hash_password(with_nul, cheap), cheap)) == "wrong");
}

TEST_CASE("hashes of today cost 64 MiB and two passes") {
    const auto stored = hash_password("x");
    CHECK(stored.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"));
    CHECK(what(verify_password("x", stored)) == "right");
}

TEST_CASE("a hash of another cost is right, and to be stored anew") {
    const auto stored = hash_password("Correct horse 1!", cheap);
    CHECK(what(verify_password("Correct horse 1!", stored, {.passes = 2, .memory = 64 << 10})) == "outdated");
    CHECK(what(verify_password("Correct horse 1!", stored, {.passes = 1, .memory = 128 << 10})) == "outdated");
    CHECK(what(verify_password("wrong", stored, {.passes = 2, .memory = 64 << 10})) == "wrong");
}

TEST_CASE("hashes of PHP's password_hash are understood") {
    CHECK(what(verify_password("rasmuslerdorf", php_example, cheap)) == "outdated");
    CHECK(what(verify_password("rasmuslerdorg", php_example, cheap)) == "wrong");
    CHECK(what(verify_password(std::string("rasmuslerdorf\0x", 15), php_example, cheap)) == "wrong");
    // For ASCII the three letters mean the same algorithm; $2x$ was a mistake of one library.
    for (const char letter : {'a', 'b'}) {
        std::string other(php_example);
        other[2] = letter;
        CHECK(what(verify_password("rasmuslerdorf", other, cheap)) == "outdated");
    }
    std::string mistaken(php_example);
    mistaken[2] = 'x';
    CHECK(what(verify_password("rasmuslerdorf", mistaken, cheap)) == "wrong");
}

TEST_CASE("hashes of early versions are understood") {
    CHECK(what(verify_password("hunter2", early_example, cheap)) == "outdated");
    CHECK(what(verify_password("hunter3", early_example, cheap)) == "wrong");
    std::string capitals(early_example);
    for (std::size_t i = 0; i < 32; ++i) capitals[i] = static_cast<char>(std::toupper(capitals[i]));
    CHECK(what(verify_password("hunter2", capitals, cheap)) == "outdated");
}

TEST_CASE("what is no hash matches nothing") {
    const auto good = hash_password("x", cheap);
    for (const std::string& stored :
         {std::string(), std::string("x"), std::string("*"), std::string("!"), std::string(60, '$'), good.substr(0, 40),
          good + "x", good + std::string(200, 'A'), good + std::string("\0", 1) + "x",
          std::string(early_example.substr(0, 32)), std::string(early_example.substr(0, 33)), std::string("$2y$07$"),
          std::string(php_example.substr(0, 59)), std::string("$argon2id$"),
          std::string("$argon2id$v=19$m=64,t=1,p=1$$"), std::string("$argon2id$$$$$"),
          std::string("$argon2id$v=19$m=,t=,p=$AAAA$AAAA"), std::string("*0"), std::string(":a1")}) {
        CAPTURE(stored);
        for (const std::string_view password : {std::string_view(), std::string_view("x"), std::string_view(stored)})
            CHECK(what(verify_password(password, stored, cheap)) == "wrong");
    }
}

TEST_CASE("a stored hash cannot ask for all memory or a day of computing") {
    // 4 GiB, 2^30 passes, bcrypt with 2^31 rounds.
    for (const char* stored :
         {"$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
          "$argon2id$v=19$m=64,t=1073741824,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
          "$2y$31$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"})
        CHECK(seconds_for([&] { CHECK(what(verify_password("x", stored, cheap)) == "wrong"); }) < 1);
}

TEST_CASE("long passwords are refused before they are hashed") {
    const std::string longest(longest_password, 'x');
    CHECK(what(verify_password(longest, hash_password(longest, cheap), cheap)) == "right");
    CHECK_THROWS_AS(hash_password(longest + "x", cheap), std::invalid_argument);
    const PasswordCost much{.passes = 4, .memory = 64 << 20};
    for (const auto& stored : {std::string(), hash_password("x", much)})
        CHECK(seconds_for([&] { CHECK(what(verify_password(longest + "x", stored, much)) == "wrong"); }) < 0.01);
}

TEST_CASE("an unknown login takes as long as a wrong password") {
    // Enough work that nothing else counts.
    const PasswordCost cost{.passes = 2, .memory = 8 << 20};
    const auto stored = hash_password("right", cost);
    const auto wrong = seconds_for([&] { CHECK_FALSE(verify_password("wrong", stored, cost).right); });
    const auto unknown = seconds_for([&] { spend_as_much("wrong", cost); });
    const auto empty = seconds_for([&] { CHECK_FALSE(verify_password("wrong", "", cost).right); });
    const auto early = seconds_for([&] { CHECK_FALSE(verify_password("wrong", early_example, cost).right); });
    // A comparison alone would take a thousandth.
    for (const auto other : {unknown, empty, early}) CHECK(other > wrong / 4);
}
