// SPDX-License-Identifier: MIT
#include "domain/password_policy.h"

#include "base/text.h"
#include "domain/common_passwords.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

const PersonWords nobody{};

// The codes of all faults, in order.
std::string faults(std::string_view password, const PasswordPolicy& policy = {}, const PersonWords& words = nobody) {
    const auto result = check_password(password, policy, words);
    if (result) return "";
    std::string out;
    for (const auto& fault : result.error().fields) {
        CHECK(fault.field == "password");
        CHECK(fault.value == "");
        out += (out.empty() ? "" : " ") + fault.code;
    }
    return out;
}

}  // namespace

TEST_CASE("a good password is accepted") {
    CHECK(faults("Tr0ub&dor") == "");
    CHECK(faults("Můj kůň má 4 nohy!") == "");
    CHECK(faults("Zz9!Zz9!") == "");
}

TEST_CASE("all faults are told at once") {
    CHECK(faults("") == "too_short no_upper no_lower no_digit no_special");
    CHECK(faults("abc") == "too_short no_upper no_digit no_special common sequence");
    CHECK(faults("aaaa") == "too_short no_upper no_digit no_special repeated");
    const auto result = check_password("hunter2", {}, nobody);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::invalid);
    CHECK(result.error().message.starts_with("This password cannot be used: choose another one. The password is too "));
    for (const auto& fault : result.error().fields) CHECK(fault.message.find("hunter") == std::string::npos);
}

TEST_CASE("each class of characters is wanted") {
    CHECK(faults("tr0ub&dor") == "no_upper");
    CHECK(faults("TR0UB&DOR") == "no_lower");
    CHECK(faults("Troub&dor") == "no_digit");
    CHECK(faults("Tr0ub-dor") == "no_special");
    for (const char special : password_specials) CHECK(faults(std::string("Tr0ubdor") + special) == "");
}

TEST_CASE("each rule can be switched off") {
    PasswordPolicy lenient{.shortest = 1,
                           .needs_upper = false,
                           .needs_lower = false,
                           .needs_digit = false,
                           .needs_special = false,
                           .refuses_common = false,
                           .refuses_repeats = false,
                           .refuses_sequences = false,
                           .refuses_own_words = false};
    const PersonWords words{.login = "aaaabc"};
    CHECK(faults("aaaabc", lenient, words) == "");
    CHECK(faults("", lenient) == "too_short");
    lenient.refuses_sequences = true;
    CHECK(faults("aaaabc", lenient, words) == "sequence");
    lenient.refuses_repeats = true;
    CHECK(faults("aaaabc", lenient, words) == "repeated sequence");
    lenient.refuses_own_words = true;
    CHECK(faults("aaaabc", lenient, words) == "repeated sequence own_word");
    lenient.refuses_common = true;
    CHECK(faults("password", lenient) == "common");
    CHECK(faults("Password", {.shortest = 20, .needs_digit = false, .needs_special = false, .refuses_common = false}) ==
          "too_short");
}

TEST_CASE("the length counts characters below and bytes above") {
    CHECK(faults("Žá4!Žá4") == "too_short");
    CHECK(faults("Žá4!Žá4!") == "");
    std::string longest = "Tr0ub&dor";
    while (longest.size() < 1024) longest += longest.size() % 2 ? 'x' : 'q';
    CHECK(faults(longest) == "");
    CHECK(faults(longest + "x") == "too_long");
    CHECK(faults(std::string(5'000'000, 'a')) == "too_long");
}

TEST_CASE("letters of every script are letters") {
    CHECK(faults("žluť0&kůňů") == "no_upper");
    CHECK(faults("ŽLUŤ0&KŮŇŮ") == "no_lower");
    CHECK(faults("Пароли1!Пароли1!") == "");
    CHECK(faults("密碼很長很好1!") == "");  // knows no capitals
}

TEST_CASE("what is no text is refused") {
    CHECK(faults("Tr0ub&dor\xFF") == "not_text");
    CHECK(faults(std::string("Tr0ub&dor\0", 10)) == "not_text");
    CHECK(faults("Tr0ub&dor\n") == "not_text");
    CHECK(faults("Tr0ub&dor\x7F") == "not_text");
}

TEST_CASE("common passwords are refused, also decorated") {
    CHECK(common_passwords().size() >= 100);
    for (const auto word : common_passwords()) {
        CAPTURE(word);
        CHECK(is_common_password(word));
        CHECK(is_common_password(std::string(word) + "!"));
        if (!is_digit(word.back())) CHECK(is_common_password(std::string(word) + "1"));
    }
    for (const char* password :
         {"Password123!", "PASSWORD", "password2024", "123456!", "Heslo-123", "!!Admin!!", "Qwerty1!"}) {
        CAPTURE(password);
        CHECK(is_common_password(password));
    }
    for (const char* password :
         {"", "!", "4711", "passwordhorse", "Tr0ub&dor", "password password", "82735619-82736!abc", "1a"}) {
        CAPTURE(password);
        CHECK_FALSE(is_common_password(password));
    }
    CHECK(faults("Password1!") == "common");
}

TEST_CASE("a character four times in a row is refused") {
    CHECK(faults("Tr000b&dor") == "");
    CHECK(faults("Tr0000b&dor") == "repeated");
    CHECK(faults("Tr0ůůůů&dor") == "repeated");
    CHECK(faults("Tr0ůůů&dor") == "");
}

TEST_CASE("neighbours of the alphabet, digits and keys are refused, either way and in any case") {
    for (const char* part : {"abc", "cba", "xyz", "aBc", "123", "321", "890", "098", "qwe", "ewq", "QWE",
                             "tyu", "tzu", "uzt", "asd", "dsa", "zxc", "yxc", "bnm", "mnb", "rtz"}) {
        CAPTURE(part);
        CHECK(faults(std::string("K9&wG") + part + "Kw") == "sequence");
    }
    for (const char* part : {"ab", "acb", "zab", "mna", "132", "246", "qaz", "opa", "klz", "ace"}) {
        CAPTURE(part);
        CHECK(faults(std::string("K9&wG") + part + "Kw") == "");
    }
}

TEST_CASE("what others know about the person is refused") {
    const PersonWords words{.login = "jnovak", .email = "Jana.Nova@example.com", .name = "Jana Nováková  Li"};
    CHECK(faults("9&Kw-jNovak", {}, words) == "own_word");
    CHECK(faults("9&Kw-jana.nova", {}, words) == "own_word");
    CHECK(faults("9&kw-NOVÁKOVÁ", {}, words) == "own_word");
    CHECK(faults("9&Kw-Lipa", {}, words) == "");
    CHECK(faults("9&Kw-Novotny", {}, words) == "");
    CHECK(faults("9&Kw-Novotny", {}, {}) == "");
}

TEST_CASE("strength follows its formula") {
    CHECK(password_strength("") == 0);
    // 4 + 5 + 5
    CHECK(password_strength("k") == 14);
    // 25 + 20 (classes) + 5 (special again) + 10 + 20
    CHECK(password_strength("Kw9&Gt5w") == 25 + 25 + 10 + 20);
    CHECK(password_strength("Kw9&Gt5wHd7u") == 25 + 25 + 20 + 20);
    CHECK(password_strength("Kw9&Gt5wHd7uJf4s") == 100);
    CHECK(password_strength("Kw9&Gt5abc") == 25 + 25 + 10 + 20 - 15);
    CHECK(password_strength("Kw9&Gt5www") == 25 + 25 + 10 + 20 - 10);
    CHECK(password_strength("Kw9&Gt5ww") == 25 + 25 + 10 + 20);
    // a sequence ("ass" is none, but "wor" is none either): 25 + 5 + 10 + 5 - 25
    CHECK(password_strength("password") == 25 + 5 + 10 + 5 - 25);
    CHECK(password_strength("12345") == 0);
    CHECK(password_strength("ůůů") == 12 + 5 + 5 - 10);
    CHECK(password_strength(std::string(100'000, 'x')) == 25 + 5 + 35 + 5 - 10);
}

TEST_CASE("bands have their limits") {
    std::string out;
    for (const int strength : {0, 29, 30, 49, 50, 69, 70, 89, 90, 100})
        out += std::string(name_of(band_of(strength))) + "; ";
    CHECK(out == "very weak; very weak; weak; weak; medium; medium; strong; strong; very strong; very strong; ");
}

TEST_CASE("nothing that is typed breaks the check") {
    CHECK(rc::check("any bytes", [] {
        const auto password = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        const auto login = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        const auto strength = password_strength(password);
        RC_ASSERT(strength >= 0);
        RC_ASSERT(strength <= 100);
        (void)faults(password, {}, {.login = login, .email = login, .name = login});
    }));
}
