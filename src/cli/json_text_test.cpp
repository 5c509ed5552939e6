// SPDX-License-Identifier: MIT
#include "cli/json_text.h"

#include "base/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {
std::string printed_json(std::string_view text) {
    std::string out;
    append_ascii_json(out, *parse_json(text));
    return out;
}
}  // namespace

TEST_CASE("JSON is printed with four blanks, escaped slashes and nothing but ASCII") {
    CHECK(printed_json(R"({"a":[1,{"b":null}],"c":[],"d":{}})") ==
          "{\n    \"a\": [\n        1,\n        {\n            \"b\": null\n        }\n    ],\n    \"c\": [],\n    "
          "\"d\": {}\n}");
    CHECK(printed_json(R"("a/b")") == R"("a\/b")");
    CHECK(printed_json("\"é€\"") == R"("\u00e9\u20ac")");
    CHECK(printed_json("\"😀\"") == R"("\ud83d\ude00")");
    CHECK(printed_json(R"("\u0000\u0007\n\"\\\u007f")") == R"("\u0000\u0007\n\"\\\u007f")");
    CHECK(printed_json("1.5") == "1.5");
}

TEST_CASE("malformed UTF-8 becomes U+FFFD") {
    std::string out;
    append_ascii_json(out, json::value("a\xff\xc3"
                                       "b\xe2\x82"));
    CHECK(out == R"("a\ufffd\ufffdb\ufffd\ufffd")");
}

TEST_CASE("a text in pieces is the same as the whole text") {
    rc::check("pieces", [](const std::vector<std::string>& parts) {
        std::string whole;
        std::string in_pieces;
        AsciiJsonString string;
        AsciiJsonString::begin(in_pieces);
        for (const std::string& part : parts) {
            const std::string mixed = part + "€";
            whole += mixed;
            for (std::size_t i = 0; i < mixed.size(); i += 2) string.add(in_pieces, mixed.substr(i, 2));
        }
        string.end(in_pieces);
        std::string at_once;
        append_ascii_json(at_once, json::value(whole));
        RC_ASSERT(in_pieces == at_once);
        RC_ASSERT(std::string(parse_json(in_pieces)->as_string()) == to_utf8(whole));
    });
}
