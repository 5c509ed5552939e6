// SPDX-License-Identifier: MIT
#include "domain/definition/definition_export.h"

#include "domain/definition/definition_diff.h"
#include "domain/definition/document.h"
#include "domain/definition/json_schema.h"

#include "support/corpus.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

json::value document(std::string_view text) {
    Findings findings("");
    auto value = read_document(text, findings);
    REQUIRE(value);
    return *value;
}

std::string described(const std::vector<Finding>& findings) {
    std::string out;
    for (const Finding& finding : findings) out += "\n" + describe(finding);
    return out;
}

/// What every export must be: valid, accepted, of the same meaning, and stable.
void check_export(const ApplicationDefinition& definition) {
    const auto exported = export_application(definition);
    for (const auto& problem : published_schema("application")->check(document(exported)))
        FAIL_CHECK(problem.pointer << " " << problem.sentence);
    const auto again = read_application(exported, "export");
    CHECK_MESSAGE(again.definition, described(again.findings));
    if (!again.definition) return;
    CHECK_MESSAGE(same_meaning(definition, *again.definition),
                  fmt::format("{}", fmt::join(describe(compare_definitions(definition, *again.definition)), "\n")));
    CHECK(export_application(*again.definition) == exported);
    auto built = *again.definition;
    built.document.clear();
    const auto from_fields = read_application(export_application(built), "built");
    CHECK_MESSAGE(from_fields.definition, described(from_fields.findings));
    if (from_fields.definition)
        CHECK_MESSAGE(
            same_meaning(*again.definition, *from_fields.definition),
            fmt::format("{}",
                        fmt::join(describe(compare_definitions(*again.definition, *from_fields.definition)), "\n")));
    const auto legacy = export_application(definition, {.form = ExportOptions::Form::legacy});
    for (const auto& problem : published_schema("application")->check(document(legacy)))
        FAIL_CHECK(problem.pointer << " " << problem.sentence);
    const auto old = read_application(legacy, "legacy");
    CHECK_MESSAGE(old.definition, described(old.findings));
    if (old.definition) CHECK(old.definition->arguments == definition.arguments);
}

/// Where the format says more than the official schema knows (spec definitions 1 and 2.2), an export cannot follow it
/// without a loss: version texts, identifiers that are no RFC 4122 UUID, categories of one's own.
bool is_extension(const SchemaProblem& problem) {
    return problem.pointer == "/uuid" || problem.pointer == "/version" || problem.pointer.ends_with("/category");
}

/// Other servers check what they import with the official schema.
void check_official(const ApplicationDefinition& definition) {
    const auto directory = mf::testing::corpus("schemas");
    if (!directory) return;
    static const JsonSchema official(mf::testing::read_file(*directory / "application.json"));
    for (const auto form : {ExportOptions::Form::current, ExportOptions::Form::legacy})
        for (const auto& problem : official.check(document(export_application(definition, {.form = form}))))
            if (!is_extension(problem)) FAIL_CHECK(problem.pointer << " " << problem.sentence);
}

constexpr std::string_view sample = R"({
  "environment": {"B": {"type": "checkbox", "defval": "True", "required": 1, "description": {"cs_CZ": "x"}, "placeholder": "p"},
                  "A": {"type": "set", "options": {"": "none", "1": "one", "a": "A"}, "defval": "", "hint": null}},
  "name": {"cs": "Deník", "en": "Ledger export!"}, "description": "d", "executable": "ledger", "uuid": "0D6F0C9E-3B5E-4A55-9A0E-2F7F0C1D2E3F",
  "cmdparamsTemplate": "--a ${A}", "tags": "x, y", "requirements": null, "homepage": null, "ociimage": "",
  "artifacts": {"report": {"path": "r\\.json", "note": 1}}, "exitCodes": {"0": {"en": "ok"}, "5": {"description": "busy", "retry": 1, "severity": "warning"}},
  "produces": {"r": {"patterns": "r"}, "odd": 5}, "events": {"listens": [1], "emits": []}, "x-note": [1, {"deep": 1.5}]})";

}  // namespace

TEST_CASE("an export puts right what was tolerated and keeps the rest") {
    const auto reading = read_application(sample, "s");
    REQUIRE_MESSAGE(reading.definition, described(reading.findings));
    check_export(*reading.definition);
    const auto out = document(export_application(*reading.definition));
    const json::object& object = out.as_object();
    CHECK(object.begin()->key() == "$schema");
    CHECK(out.at("x-note") == document(R"([1,{"deep":1.5}])"));
    CHECK(out.at("tags") == document(R"(["x","y"])"));
    CHECK_FALSE(object.contains("homepage"));
    CHECK_FALSE(object.contains("ociimage"));
    CHECK_FALSE(object.contains("requirements"));
    CHECK(
        to_text(out.at("environment")) ==
        R"({"B":{"type":"bool","defval":"True","required":true,"description":{"cs-CZ":"x"},"placeholder":"p"},"A":{"type":"set","options":{"":"none","1":"one","a":"A"},"defval":""}})");
    CHECK(
        to_text(out.at("exitCodes")) ==
        R"({"0":{"description":{"en":"ok"},"severity":"success"},"5":{"description":"busy","retry":true,"severity":"warning"}})");
    CHECK(to_text(out.at("artifacts")) == R"([{"path":"r\\.json","name":"report","type":"file"}])");
    CHECK(to_text(out.at("produces")) == R"({"r":{"patterns":["r"],"format":"json"}})");
    CHECK(suggested_file_name(*reading.definition) == "ledger_export.multiflexi.app.json");
    const auto blanks = read_application(
        R"({"name":"n","description":"d","executable":"e","environment":{},"homepage":" https://x.y/ ","version":""})");
    REQUIRE(blanks.definition);
    check_export(*blanks.definition);
    CHECK(document(export_application(*blanks.definition)).at("homepage") == "https://x.y/");
    CHECK_FALSE(document(export_application(*blanks.definition)).as_object().contains("version"));
}

TEST_CASE("the legacy form is what old servers read") {
    const auto reading = read_application(sample, "s");
    REQUIRE(reading.definition);
    const auto out = document(export_application(
        *reading.definition,
        {.form = ExportOptions::Form::legacy, .uuid = "00000000-0000-4000-8000-000000000001", .language = "cs"}));
    CHECK(out.at("name") == "Deník");
    CHECK(out.at("topics") == "x,y");
    CHECK(out.at("cmdparams") == "--a ${A}");
    CHECK(out.at("uuid") == "00000000-0000-4000-8000-000000000001");
    CHECK(out.at("environment").at("B").at("description") == "x");
    CHECK_FALSE(out.as_object().contains("cmdparamsTemplate"));
    CHECK_FALSE(out.as_object().contains("tags"));
}

TEST_CASE("an application that was made by hand exports as well") {
    ApplicationDefinition definition{.name = {{{"", "By hand"}}}, .executable = "true"};
    definition.environment.push_back({.name = "TOKEN",
                                      .type = ConfigType::string,
                                      .default_text = "x",
                                      .required = true,
                                      .secret = true,
                                      .options = {{"x", {}}}});
    const auto out = document(export_application(definition));
    CHECK(published_schema("application")->check(out).empty());
    CHECK(to_text(out.at("environment")) ==
          R"({"TOKEN":{"type":"string","defval":"x","required":true,"options":["x"],"secret":true}})");
    CHECK(to_text(document(export_application({.name = {{{"", "n"}}}, .executable = "true"})).at("environment")) ==
          "{}");
    CHECK(suggested_file_name({.uuid = "", .name = {{{"", "\u017d\u017e"}}}}) == "application.multiflexi.app.json");
}

TEST_CASE("the difference of two definitions goes by natural keys") {
    const auto read = [](std::string_view rest) {
        auto reading = read_application(
            R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","name":"n","description":"d","executable":"e",)" +
            std::string(rest) + "}");
        REQUIRE_MESSAGE(reading.definition, described(reading.findings));
        return *reading.definition;
    };
    const auto from = read(
        R"("version":"1.0","environment":{"KEEP":{"type":"string"},"GONE":{"type":"string","required":true},"CHANGED":{"type":"string","required":true},"NEEDED":{"type":"string"}},
        "artifacts":[{"name":"a","path":"a","type":"file"}],"exitCodes":{"1":{"description":"x"},"2":{"description":"y"}})");
    const auto to = read(
        R"("version":"1.1","environment":{"NEW":{"type":"string","required":true},"DEFAULTED":{"type":"string","required":true,"defval":"x"},"CHANGED":{"type":"integer","required":true},
        "KEEP":{"type":"string"},"NEEDED":{"type":"string","required":true}},
        "artifacts":[{"name":"b","path":"a","type":"file"},{"name":"c","path":"c","type":"file"}],"exitCodes":{"2":{"description":"y"}},"events":{"emits":{"e":{}}})");
    const auto diff = compare_definitions(from, to);
    CHECK(fmt::format("{}", fmt::join(describe(diff), "\n")) ==
          "version: 1.0 -> 1.1\nenvironment: + NEW (required)\nenvironment: + DEFAULTED\nenvironment: ~ "
          "CHANGED\nenvironment: ~ NEEDED (required)\nenvironment: - GONE\n"
          "artifacts: + c\nartifacts: ~ a\nexitCodes: - 1\nevents: + emits:e");
    CHECK(diff.newly_required == std::vector<std::string>{"NEW", "NEEDED"});
    CHECK(diff.section("environment").removed == std::vector<std::string>{"GONE"});
    CHECK(diff.section("consumes").empty());
    CHECK(compare_definitions(from, from).empty());
    CHECK(same_meaning(from, from));
    CHECK_FALSE(same_meaning(from, to));
}

TEST_CASE("every accepted definition survives export and import" * doctest::test_suite("corpus")) {
    for (const auto part : {"apps", "apps-history", "hostile"}) {
        const auto directory = mf::testing::corpus(part);
        if (!directory) continue;
        const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
        for (const auto& row : index.rows) {
            const auto& file = index.cell(row, "file");
            if (index.cell(row, "kind") != "app") continue;
            CAPTURE(file);
            const auto text = mf::testing::read_file(*directory / file);
            const auto reading = read_application(text, file);
            if (!reading.definition) continue;
            check_export(*reading.definition);
            if (part != std::string_view("hostile")) check_official(*reading.definition);
            // Of a clean file nothing may be lost or added.
            if (reading.verdict() == Verdict::accept)
                CHECK(document(export_application(*reading.definition)) == document(text));
        }
    }
}
