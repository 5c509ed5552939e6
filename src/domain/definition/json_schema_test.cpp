// SPDX-License-Identifier: MIT
#include "domain/definition/json_schema.h"
#include "domain/definition/document.h"
#include "domain/definition/uri.h"

#include <doctest/doctest.h>

#include "support/corpus.h"

using namespace mf;

namespace {

std::string problems(std::string_view schema, std::string_view document) {
    std::string out;
    for (const auto& problem : JsonSchema(schema).check(*parse_json(document)))
        out += problem.pointer + ": " + problem.sentence + "\n";
    return out;
}

}  // namespace

TEST_CASE("each word of the schema language is obeyed") {
    CHECK(problems(R"({"type":"string"})", "1") == ": This must be of type string, not integer.\n");
    CHECK(problems(R"({"type":["object","array"]})", "[]") == "");
    CHECK(problems(R"({"type":"integer"})", "2.0") == "");
    CHECK(problems(R"({"type":"integer"})", "2.5") != "");
    CHECK(problems(R"({"type":"number"})", "2") == "");
    CHECK(problems(R"({"enum":["a",1]})", "\"b\"") == ": This must be one of: a, 1.\n");
    CHECK(problems(R"({"const":true})", "false") == ": This must be true.\n");
    CHECK(problems(R"({"required":["a/b"]})", "{}") == "/a~1b: This is required and missing.\n");
    CHECK(problems(R"({"properties":{"a":{"type":"null"}},"additionalProperties":false})", R"({"a":1,"b":2})") ==
          "/a: This must be of type null, not integer.\n/b: This key is not known here.\n");
    CHECK(problems(R"({"patternProperties":{"^x":{"type":"null"}},"additionalProperties":{"type":"string"}})",
                   R"({"x1":null,"y":1})") == "/y: This must be of type string, not integer.\n");
    CHECK(problems(R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})") ==
          "/abc: This must have at most 2 characters.\n");
    CHECK(problems(R"({"minProperties":1})", "{}") != "");
    CHECK(problems(R"({"maxProperties":1})", R"({"a":1,"b":1})") != "");
    CHECK(problems(R"({"items":{"type":"string"},"maxItems":2})", "[1,\"a\",\"b\"]") ==
          ": This must have at most 2 elements.\n/0: This must be of type string, not integer.\n");
    CHECK(problems(R"({"minItems":1})", "[]") != "");
    CHECK(problems(R"({"minLength":2})", "\"é\"") != "");
    CHECK(problems(R"({"maxLength":1})", "\"é\"") == "");
    CHECK(problems(R"({"pattern":"^\\d+$"})", "\"12a\"") != "");
    CHECK(problems(R"({"minimum":1,"maximum":3})", "4") == ": This must be at most 3.\n");
    CHECK(problems(R"({"minimum":1,"maximum":3})", "0.5") == ": This must be at least 1.\n");
    CHECK(problems(R"({"anyOf":[{"type":"null"},{"type":"object","minProperties":1}]})", "{}") ==
          ": This must have at least 1 keys.\n");
    CHECK(problems(R"({"anyOf":[{"type":"null"},{"const":1}]})", "2") == ": This fits none of the allowed forms.\n");
    CHECK(problems(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3") != "");
    CHECK(problems(R"({"not":{"type":"null"}})", "null") != "");
    CHECK(problems(R"({"allOf":[{"type":"null"},{"const":1}]})", "2") != "");
    CHECK(problems(R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})", R"({"a":1})") ==
          "/b: This is required and missing.\n");
    CHECK(problems(R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})", "{}") ==
          "/c: This is required and missing.\n");
    CHECK(problems(R"({"$ref":"#/$defs/t","$defs":{"t":{"type":"null"}}})", "1") != "");
    CHECK(problems(R"({"format":"uri"})", "\"no scheme\"") != "");
    CHECK(problems(R"({"format":"uuid"})", "\"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3g\"") != "");
    CHECK(problems("false", "1") == ": Nothing is allowed here.\n");
}

TEST_CASE("a schema that refers to itself ends") { CHECK(problems(R"({"allOf":[{"$ref":"#"}]})", "1") == ""); }

TEST_CASE("addresses and identifiers are told from other text") {
    CHECK(is_web_address("https://example.com/a?b#c"));
    for (const auto text :
         {"javascript:alert(1)", "https:", "https:///x", "http://a b", "ftp://x", "//x", "https://exa\nmple"})
        CHECK_FALSE(is_web_address(text));
    CHECK(is_absolute_uri("urn:uuid:x"));
    CHECK_FALSE(is_absolute_uri("a%2"));
    CHECK(has_parent_part("../a"));
    CHECK(has_parent_part("a/../b"));
    CHECK_FALSE(has_parent_part("a..b/...c"));
}

TEST_CASE("three schemas are published, in the standard's own dialect") {
    for (const auto name : {"application", "credential-prototype", "credential-type"}) {
        REQUIRE(published_schema(name));
        CHECK(parse_json(published_schema_text(name))->at("$schema") == "http://json-schema.org/draft-07/schema#");
    }
    CHECK_FALSE(published_schema("report"));
    CHECK(published_schema_text("report").empty());
}

TEST_SUITE("corpus") {
    TEST_CASE("our schemas accept what the official ones accept") {
        for (const auto part : {"apps", "apps-history", "credprototypes", "credtypes"}) {
            const auto directory = mf::testing::corpus(part);
            if (!directory) continue;
            const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
            for (const auto& row : index.rows) {
                if (index.cell(row, "official_schema") != "valid") continue;
                const auto& file = index.cell(row, "file");
                CAPTURE(file);
                const auto& kind = index.cell(row, "kind");
                const auto* schema = published_schema(kind == "app"         ? "application"
                                                      : kind == "credproto" ? "credential-prototype"
                                                                            : "credential-type");
                Findings findings(file);
                const auto document = read_document(mf::testing::read_file(*directory / file), findings);
                REQUIRE(document);
                for (const auto& problem : schema->check(*document))
                    FAIL_CHECK(problem.pointer << " " << problem.sentence);
            }
        }
    }
}
