// SPDX-License-Identifier: MIT
#include "base/text.h"

#include "base/json.h"
#include "base/text_within.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("well-formed UTF-8 is told from the rest") {
    CHECK(is_utf8("plain, žluťoučký, 日本, 🎆"));
    CHECK_FALSE(is_utf8("\xC0\xAF"));          // overlong
    CHECK_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
    CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
    CHECK_FALSE(is_utf8("abc\xE2\x82"));       // cut
    CHECK(to_utf8("a\xFF"
                  "b") ==
          "a\xEF\xBF\xBD"
          "b");
}

TEST_CASE("a text is shortened at the end of a character") {
    CHECK(text_within("abc", 3) == "abc");
    CHECK(text_within("abcd", 3) == "abc");
    CHECK(text_within("ab\u017e", 3) == "ab");
    CHECK(text_within("a\u65e5", 2) == "a");
    CHECK(text_within("\u65e5", 2) == "");
    CHECK(text_within("a\u65e5x", 4) == "a\u65e5");
    CHECK(text_within("ab\xFF", 9) == "ab\xEF\xBF\xBD");
    CHECK(text_within("ab\xFF", 4) == "ab");
}

TEST_CASE("the closest word is found, a far one is not") {
    CHECK(closest("boolean", {"bool", "string", "integer"}) == "");
    CHECK(closest("strng", {"bool", "string", "integer"}) == "string");
    CHECK(closest("xyzzy", {"bool", "string"}) == "");
}

TEST_CASE("a sentence behind a text that may be none") {
    const auto with = [](std::string text) { return add_sentence(text, "More."), text; };
    CHECK(with("") == "More.");
    CHECK(with("a note") == "a note. More.");
    CHECK(with("A note.") == "A note. More.");
    CHECK(with("Why?\n") == "Why? More.");
    CHECK(with("…") == "…. More.");
}

TEST_CASE("JSON is written on one line and for people") {
    const auto value = parse_json(R"({"a":[1,2.5,null],"b":"x\n\u00e9","c":{}})");
    REQUIRE(value);
    CHECK(to_text(*value) == "{\"a\":[1,2.5,null],\"b\":\"x\\n\u00e9\",\"c\":{}}");
    CHECK(to_pretty_text(*parse_json(R"({"a":[1]})")) == "{\n    \"a\": [\n        1\n    ]\n}");
}

TEST_CASE("a JSON error names line and column") {
    const auto value = parse_json("{\n  \"a\": tru\n}");
    REQUIRE_FALSE(value);
    CHECK(value.error().message.find("line 2") != std::string::npos);
}

TEST_CASE("bytes that are not UTF-8 never leave as JSON") {
    std::string out;
    append_json_string(out, "a\xFF\x01");
    CHECK(out == "\"a\xEF\xBF\xBD\\u0001\"");
}
