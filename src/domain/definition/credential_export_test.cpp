// SPDX-License-Identifier: MIT
#include "domain/definition/credential_export.h"

#include "domain/definition/json_schema.h"
#include "support/complaints.h"
#include "support/corpus.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

json::value parsed(const std::string& text) {
    auto value = parse_json(text);
    REQUIRE(value);
    return *value;
}

std::string difference(const DefinitionDiff& diff) { return fmt::format("{}", fmt::join(describe(diff), "\n")); }

/// What every export must be: accepted, of the same meaning, and stable; and in the words of the schema.
void check_prototype_export(const CredentialPrototypeDefinition& definition) {
    const auto text = export_credential_prototype(definition);
    CAPTURE(text);
    for (const auto& problem : published_schema("credential-prototype")->check(parsed(text)))
        FAIL_CHECK(problem.pointer << " " << problem.sentence);
    const auto again = read_credential_prototype(text);
    REQUIRE_MESSAGE(again.definition, mf::testing::complaints(again.findings));
    CHECK_MESSAGE(same_meaning(definition, *again.definition),
                  difference(compare_definitions(definition, *again.definition)));
    CHECK(export_credential_prototype(*again.definition) == text);
}

void check_type_export(const CredentialTypeDefinition& definition) {
    const auto text = export_credential_type(definition);
    CAPTURE(text);
    for (const auto& problem : published_schema("credential-type")->check(parsed(text)))
        FAIL_CHECK(problem.pointer << " " << problem.sentence);
    const auto again = read_credential_type(text);
    REQUIRE_MESSAGE(again.definition, mf::testing::complaints(again.findings));
    CHECK_MESSAGE(same_meaning(definition, *again.definition),
                  difference(compare_definitions(definition, *again.definition)));
    CHECK(export_credential_type(*again.definition) == text);
}

constexpr std::string_view odd_prototype =
    R"({"x-note":[1],"id":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":{"en":"Bank","cs":"Banka"},"tags":"a, b","homepage":null,
    "fields":[{"id":"A","title":"Alpha","type":"number","default":5,"placeholder":"p"},{"keyword":"B","type":"select","options":["x","y"]},
    {"keyword":"C","type":"textarea","required":1,"secret":true,"title":"kept","name":"c"},{"keyword":"D","type":"boolean","default_value":"yes"}]})";

constexpr std::string_view odd_type =
    R"({"$schema":"x","id":7,"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank","description":"d","class":"Bank","other":1,
    "localized":{"name":{"cs":"Banka"}},"fields":[{"keyword":"A","type":"number","default":"30"},{"keyword":"B","name":"b","type":"number","default":2.5},
    {"keyword":"C","name":"c","type":"secret","note_of_ours":1},{"keyword":"D","name":"d","type":"select","options":["x"],"default":"x"},{"keyword":"E","name":"e","type":"boolean","default":true}]})";

}  // namespace

TEST_CASE("an exported prototype puts right what was tolerated and keeps the rest") {
    const auto reading = read_credential_prototype(odd_prototype);
    REQUIRE_MESSAGE(reading.definition, mf::testing::complaints(reading.findings));
    check_prototype_export(*reading.definition);
    const auto out = parsed(export_credential_prototype(*reading.definition));
    CHECK(out.at("version") == "1.0");
    CHECK(out.at("uuid") == "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f");
    CHECK_FALSE(out.as_object().contains("id"));
    CHECK(to_text(out.at("x-note")) == "[1]");
    CHECK(to_text(out.at("fields").at(0)) ==
          R"({"keyword":"A","type":"integer","name":"Alpha","default_value":"5","required":false,"placeholder":"p"})");
    CHECK(to_text(out.at("fields").at(2)) ==
          R"({"keyword":"C","type":"textarea","name":"c","required":true,"secret":true,"title":"kept"})");
    CHECK(suggested_file_name("FioBank", ".credprototype.json") == "fiobank.credprototype.json");
}

TEST_CASE("an exported type is written in its own dialect") {
    const auto reading = read_credential_type(odd_type);
    REQUIRE_MESSAGE(reading.definition, mf::testing::complaints(reading.findings));
    check_type_export(*reading.definition);
    const auto out = parsed(export_credential_type(*reading.definition));
    CHECK(out.at("prototype") == "Bank");
    CHECK(to_text(out.at("name")) == R"({"en":"Bank","cs":"Banka"})");
    CHECK_FALSE(out.as_object().contains("other"));
    CHECK(to_text(out.at("fields").at(0)) ==
          R"({"keyword":"A","type":"number","name":"A","default":30,"required":false})");
    CHECK(out.at("fields").at(1).at("type") == "number");
    CHECK(out.at("fields").at(2).at("note_of_ours") == 1);
    CHECK(to_text(out.at("fields").at(3).at("options")) == R"(["x"])");
    CHECK(out.at("fields").at(4).at("default") == true);
}

TEST_CASE("a difference names what was added, changed and removed") {
    const auto from = read_credential_prototype(odd_prototype);
    auto to = *from.definition;
    CHECK(compare_definitions(*from.definition, to).empty());
    to.version = "1.1";
    to.name.translations[1].text = "Banky";
    to.fields.erase(to.fields.begin());
    to.fields[0].required = true;
    to.fields.push_back({.name = "NEW", .required = true});
    const auto diff = compare_definitions(*from.definition, to);
    CHECK(difference(diff) == "version: 1.0 -> 1.1\nlanguages: ~ cs\nfields: + NEW\nfields: ~ B\nfields: - A");
    CHECK(diff.newly_required == std::vector<std::string>{"B", "NEW"});
    auto turned = *from.definition;
    std::swap(turned.fields[0], turned.fields[1]);
    CHECK(compare_definitions(*from.definition, turned).empty());
    CHECK_FALSE(same_meaning(*from.definition, turned));
}

TEST_CASE("real credential definitions survive their export" * doctest::test_suite("corpus")) {
    for (const auto part : {"credprototypes", "credtypes"}) {
        const auto directory = mf::testing::corpus(part);
        if (!directory) continue;
        const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
        for (const auto& row : index.rows) {
            const auto& file = index.cell(row, "file");
            CAPTURE(file);
            const auto text = mf::testing::read_file(*directory / file);
            if (index.cell(row, "kind") == "credproto") {
                if (const auto reading = read_credential_prototype(text, file); reading.definition)
                    check_prototype_export(*reading.definition);
            } else if (const auto reading = read_credential_type(text, file); reading.definition) {
                check_type_export(*reading.definition);
            }
        }
    }
}
