// SPDX-License-Identifier: MIT
#include "mcp/tool_answer.h"

#include "base/text.h"
#include "support/world.h"

#include <doctest/doctest.h>

using namespace mf;
using mcp::bounded_answer;
using testing::must;

TEST_CASE("whatever an operation answers becomes an object") {
    CHECK(to_text(must(bounded_answer(json::array{1, 2}, {})).content) == R"({"items":[1,2]})");
    CHECK(to_text(must(bounded_answer(json::object{{"a", 1}}, {})).content) == R"({"a":1})");
    CHECK(to_text(must(bounded_answer("text", {})).content) == R"({"value":"text"})");
    CHECK(to_text(must(bounded_answer(nullptr, {})).content) == R"({"value":null})");
}

TEST_CASE("long texts lose their middle, between characters") {
    std::string text;
    while (text.size() < 3000) text += "\u20ac";
    const auto out =
        must(bounded_answer(json::object{{"a", {{"b", json::array{text, "short"}}}}}, {.most_text = 1000}));
    const auto& cut = out.content.at("a").at("b").at(0).as_string();
    CHECK(cut.size() < 1100);
    CHECK(is_utf8(cut));
    CHECK(cut.starts_with("\u20ac"));
    CHECK(cut.ends_with("\u20ac"));
    CHECK(cut.find("bytes left out ...]") != std::string::npos);
    CHECK(out.content.at("a").at("b").at(1) == "short");
    REQUIRE(out.remarks.size() == 1);
    CHECK(out.remarks[0] == "A text longer than 1000 bytes was shortened in the middle.");
    CHECK(must(bounded_answer(json::value(std::string(1000, 'x')), {.most_text = 1000})).remarks.empty());
}

TEST_CASE("a list keeps the records that are wanted and that fit") {
    json::array list;
    for (int i = 1; i <= 5; ++i) list.push_back(json::object{{"id", i}});
    auto out = must(bounded_answer(list, {.records = 4}));
    CHECK(out.content.at("items").as_array().size() == 4);
    CHECK(out.content.at("more") == true);
    REQUIRE(out.remarks.size() == 1);
    CHECK(out.remarks[0] ==
          "There are more records than these 4. Ask for fewer by a filter, or go on with offset, or with after=4.");
    CHECK(must(bounded_answer(list, {.records = 5})).remarks.empty());
    out = must(bounded_answer(list, {.most_answer = 30}));
    CHECK(out.content.at("items").as_array().size() == 3);
    CHECK(out.remarks[0].starts_with("There are more records than these 3, which are as many as fit"));
}

TEST_CASE("an answer that stays too long is refused") {
    json::object large;
    for (int i = 0; i < 1000; ++i) large[std::to_string(i)] = "twelve bytes";
    const auto out = bounded_answer(large, {.most_answer = 1000});
    REQUIRE_FALSE(out);
    CHECK(out.error().code == ErrorCode::limited);
}

TEST_CASE("an error says its sentence, and those of its fields that it does not say itself") {
    CHECK(mcp::sentences_of({ErrorCode::invalid, "a is wrong.", {{"a", "is wrong"}}}) == "a is wrong.");
    CHECK(mcp::sentences_of({ErrorCode::invalid, "It is wrong.", {{"a", "No."}, {"b", "Never."}}}) ==
          "It is wrong.\na: No.\nb: Never.");
    CHECK(mcp::sentences_of({}) == "It was refused.");
}
