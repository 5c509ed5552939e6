// SPDX-License-Identifier: MIT
#include "domain/credential.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

CredentialPrototypeField of_prototype(const char* keyword, int position) {
    return {.position = position, .keyword = keyword, .type = "string", .name = R"("Of the prototype")"};
}
CredentialTypeField of_type(const char* keyword, int position) {
    return {.position = position, .keyword = keyword, .type = "string", .name = "{}"};
}

}  // namespace

TEST_CASE("the fields of a type are those of its prototype, then its own") {
    const std::vector prototype{of_prototype("B", 1), of_prototype("A", 0)};
    const std::vector type{of_type("C", 1), of_type("B", 0)};
    const auto fields = merged_fields(prototype, type);
    REQUIRE(fields.size() == 3);
    CHECK(fields[0].keyword == "A");
    CHECK(fields[1].keyword == "B");
    CHECK(fields[2].keyword == "C");
    // What the type does not say is said by the prototype.
    CHECK(fields[1].name == R"("Of the prototype")");
    CHECK(find_field(fields, "B") == &fields[1]);
    CHECK(find_field(fields, "D") == nullptr);
}

TEST_CASE("a type can make a field stricter, and never looser") {
    auto strict = of_prototype("A", 0);
    strict.type = "password";
    strict.required = true;
    strict.default_value = "x";
    auto loose = of_type("A", 0);
    const auto merged = merged_fields(std::span(&strict, 1), std::span(&loose, 1));
    REQUIRE(merged.size() == 1);
    CHECK(merged[0].secret);
    CHECK(merged[0].required);
    CHECK(merged[0].default_value == "x");

    const auto open = of_prototype("A", 0);
    loose.secret = loose.required = true;
    loose.default_value = "y";
    const auto stricter = merged_fields(std::span(&open, 1), std::span(&loose, 1));
    CHECK(stricter[0].secret);
    CHECK(stricter[0].required);
    CHECK(stricter[0].default_value == "y");
}

TEST_CASE("what has left a definition demands nothing, but a secret stays one") {
    auto gone = of_prototype("A", 0);
    gone.required = gone.secret = gone.orphaned = true;
    auto mine = of_type("A", 0);
    const auto merged = merged_fields(std::span(&gone, 1), std::span(&mine, 1));
    CHECK_FALSE(merged[0].required);
    CHECK_FALSE(merged[0].orphaned);
    CHECK(merged[0].secret);

    const auto there = of_prototype("A", 0);
    mine.secret = mine.required = mine.orphaned = true;
    const auto kept = merged_fields(std::span(&there, 1), std::span(&mine, 1));
    CHECK_FALSE(kept[0].orphaned);
    CHECK_FALSE(kept[0].required);
    CHECK(kept[0].secret);
    CHECK(kept[0].name == R"("Of the prototype")");
}
