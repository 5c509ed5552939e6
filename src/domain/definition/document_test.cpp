// SPDX-License-Identifier: MIT
#include "domain/definition/document.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

struct Reading {
    std::optional<json::value> value;
    std::vector<Finding> findings;
};

Reading read(std::string_view text, const DocumentLimits& limits = {}) {
    Findings findings("f.json");
    auto value = read_document(text, findings, limits);
    return {std::move(value), findings.take()};
}

/// The one sentence of a refused document.
std::string refusal(std::string_view text) {
    const auto reading = read(text);
    REQUIRE_FALSE(reading.value);
    REQUIRE(reading.findings.size() == 1);
    CHECK(reading.findings.front().severity == Severity::error);
    return reading.findings.front().sentence;
}

bool says(const std::string& sentence, std::string_view part) { return sentence.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a document is read as RFC 8259 says") {
    const auto reading =
        read(" {\"a\":[1,-2,2.5,true,false,null,\"x\\n\\u00e9\\ud83c\\udf86\"],\"b\":{},\"c\":[]}\r\n");
    REQUIRE(reading.value);
    CHECK(to_text(*reading.value) == "{\"a\":[1,-2,2.5,true,false,null,\"x\\n\u00e9\U0001F386\"],\"b\":{},\"c\":[]}");
    CHECK(reading.findings.empty());
    CHECK(to_text(*read("\"app\"").value) == "\"app\"");
    CHECK(to_text(*read("-0").value) == "0");
    CHECK(to_text(*read("-0.0").value) == "0");
    CHECK(to_text(*read("1.10").value) == "1.1");
    CHECK(to_text(*read("9007199254740993").value) == "9007199254740993");
}

TEST_CASE("what is not JSON is refused with line and column") {
    CHECK(refusal("") == "The file is empty at line 1, column 1.");
    CHECK(says(refusal(" \n "), "empty"));
    CHECK(says(refusal("{\n  \"a\": tru\n}"), "line 2, column 8"));
    CHECK(says(refusal("{\"a\":1,}"), "comma before the closing brace; remove it at line 1, column 8"));
    CHECK(says(refusal("[1,]"), "comma before the closing bracket"));
    CHECK(says(refusal("{'a':1}"), "double quotes"));
    CHECK(says(refusal("{ // x\n}"), "no comments"));
    CHECK(says(refusal("/* x */ 1"), "no comments"));
    CHECK(says(refusal("[1]#"), "behind the end"));
    CHECK(says(refusal("{} {}"), "behind the end of the document; a file holds one document at line 1, column 4"));
    CHECK(says(refusal("{\"a\""), "ends in the middle"));
    CHECK(says(refusal("{\"a\":"), "ends in the middle"));
    CHECK(says(refusal("{\"a"), "ends inside a string"));
    CHECK(says(refusal("[1 2]"), "comma or the closing bracket"));
    for (const auto text : {"NaN", "-Infinity", "+1", "01", "-01", "1.", ".5", "1e", "0x1", "True", "nul", "\"\\x41\"",
                            "\"\\u12g4\"", "]", "}", ",", "{\"a\" 1}", "{1:2}"})
        CHECK(says(refusal(text), "line 1, column "));
}

TEST_CASE("only clean UTF-8 passes") {
    CHECK(says(refusal("\"a\nb\""), "raw control character (byte 10)"));
    CHECK(says(refusal(std::string_view("\"a\0b\"", 5)), "raw control character (byte 0)"));
    CHECK(says(refusal("\"\xC0\xAF\""), "0xc0 is not valid UTF-8"));
    CHECK(says(refusal("\"\xED\xA0\x80\""), "not valid UTF-8"));
    CHECK(says(refusal("\"\\ud800\""), "surrogate pair"));
    CHECK(says(refusal("\"\\udc00\""), "surrogate pair"));
    CHECK(says(refusal("\"\\ud800\\u0041\""), "surrogate pair"));
    CHECK(says(refusal("\xFF\xFE{\0}"), "not UTF-8"));
    CHECK(says(refusal(std::string_view("{\0}\0", 4)), "not UTF-8"));
    const auto marked = read("\xEF\xBB\xBF{}");
    REQUIRE(marked.value);
    REQUIRE(marked.findings.size() == 1);
    CHECK(marked.findings.front().code == FindingCode::byte_order_mark);
}

TEST_CASE("an error inside a value names its pointer") {
    const auto reading = read("{\"a\":[0,{\"b/c\":1e400}]}");
    REQUIRE(reading.findings.size() == 1);
    CHECK(reading.findings.front().code == FindingCode::number_range);
    CHECK(reading.findings.front().pointer == "/a/1/b~1c");
    CHECK(read("{\"a\":\"\xC0\xAF\"}").findings.front().pointer == "/a");
}

TEST_CASE("of a repeated key the last value counts, and somebody is told") {
    const auto reading = read("{\"x\":{\"a\":1,\"b\":2,\"\\u0061\":3}}");
    CHECK(to_text(*reading.value) == "{\"x\":{\"a\":3,\"b\":2}}");
    REQUIRE(reading.findings.size() == 1);
    CHECK(reading.findings.front().code == FindingCode::duplicate_key);
    CHECK(reading.findings.front().severity == Severity::warning);
    CHECK(reading.findings.front().pointer == "/x/a");
}

TEST_CASE("integers outside 64 bits keep their digits") {
    const auto reading = read("[9223372036854775807,9223372036854775808,-9223372036854775809]");
    CHECK(to_text(*reading.value) == "[9223372036854775807,\"9223372036854775808\",\"-9223372036854775809\"]");
    CHECK(reading.findings.size() == 2);
    CHECK(reading.findings.front().pointer == "/1");
}

TEST_CASE("limits hold before memory or stack do") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(read(nested(64)).value);
    CHECK(says(refusal(nested(65)), "more than 64 deep"));
    CHECK(says(refusal(std::string(1'000'000, '[')), "line 1, column 65"));
    CHECK(says(refusal(std::string(6'000'000, ' ')), "larger than 5242880 bytes"));
    std::string many = "{";
    for (int i = 0; i < 30'000; ++i) many += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
    CHECK(says(refusal("{\"environment\":" + many + "}}"), "more than 20000 keys"));
    CHECK(read("{\"environment\":" + many + "}}").findings.front().pointer == "/environment");
    const DocumentLimits three{.values = 3};
    CHECK(read("[1,2]", three).value);
    CHECK_FALSE(read("[1,2,3]", three).value);
}

TEST_CASE("a thousand findings are kept, and the verdict of the rest") {
    Findings findings("f");
    for (int i = 0; i < 5000; ++i) findings.note(FindingCode::tolerated, "/x", "s");
    findings.error(FindingCode::key_invalid, "/y", "bad");
    CHECK(findings.list().size() == 1001);
    CHECK(verdict_of(findings.list()) == Verdict::reject);
}

TEST_CASE("findings print on one line without tricks") {
    const Finding finding{FindingCode::key_invalid,
                          Severity::error,
                          pointer_to("/environment", "A\nLD~/\u202Ex"),
                          "\x1b[31m",
                          "Bad.",
                          "f"};
    CHECK(describe(finding) == "f: /environment/A\\nLD~0~1\\u202ex: Bad. Found: \\u001b[31m [key_invalid]");
    CHECK(dotted_path("/environment/A~1B") == "environment.A/B");
    CHECK(dotted_path("") == "(root)");
}

TEST_CASE("any text is read or refused, and what was read is read again") {
    rc::check([](const std::string& text) {
        const auto reading = read(text);
        RC_ASSERT(reading.value.has_value() || verdict_of(reading.findings) == Verdict::reject);
    });
    rc::check([] {
        const auto text =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[]:,\"\\u0ad18e.-+ tfn\n\x80")));
        const auto reading = read(text);
        if (!reading.value) {
            RC_ASSERT(verdict_of(reading.findings) == Verdict::reject);
            return;
        }
        RC_ASSERT(*read(to_text(*reading.value)).value == *reading.value);
    });
}
