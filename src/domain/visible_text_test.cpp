// SPDX-License-Identifier: MIT
#include "domain/visible_text.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("characters that nobody sees are told apart from those that some scripts need") {
    for (const auto* text : {"", "Alice", "Žofie Ěšč", "李雷", "a b-c_d@e", "👩"}) {
        CAPTURE(text);
        CHECK_FALSE(has_controls(text));
        CHECK_FALSE(has_hidden_characters(text));
    }
    for (const auto* text : {"a\u200Cb", "a\u200Db", "a\u00ADb", "a\u2060", "\u3164", "a\uFE0F", "\U000E0041"}) {
        CAPTURE(text);
        CHECK_FALSE(has_controls(text));
        CHECK(has_hidden_characters(text));
    }
    for (const auto* text : {"a\nb", "a\tb", "\x1B[2J", "\x7F", "\u0085", "a\u2029b", "a\u202Eb", "a\u2069", "a\xFF"}) {
        CAPTURE(text);
        CHECK(has_controls(text));
        CHECK(has_hidden_characters(text));
    }
    CHECK(has_controls(std::string_view("a\0b", 3)));
}

TEST_CASE("a code has nothing that nobody sees") {
    for (const auto* code : {"acme", "acme_2", "firma-ěšč", ""}) CHECK(check_code("code", "The code", code));
    for (const auto* code : {"a b", "a\tb", "ac\u202Eme", "ac\u200Bme", "ac\u061Cme", "\uFEFFacme", "ac\u2066me"}) {
        CAPTURE(code);
        const auto refused = check_code("code", "The code", code);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.starts_with("The code must not contain blanks"));
        CHECK(refused.error().fields.at(0).field == "code");
    }
}

TEST_CASE("a name that is refused says which one it is") {
    CHECK(check_name("firstname", "The first name", "Alice"));
    const auto refused = check_name("firstname", "The first name", "Al\nice");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("The first name has control characters"));
    CHECK(refused.error().fields.at(0).field == "firstname");
}
