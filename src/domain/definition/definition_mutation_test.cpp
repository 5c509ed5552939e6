// SPDX-License-Identifier: MIT
#include "domain/definition/credential_prototype_definition.h"
#include "domain/definition/definition_diff.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/document.h"
#include "domain/definition/json_schema.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

/// A document that uses everything the format has.
constexpr std::string_view everything = R"({
  "$schema": "https://multiflexi.eu/x", "schemaVersion": "3.4.0", "uuid": "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f", "name": {"en": "n"}, "title": "t", "description": {"en": "d"},
  "image": "data:image/png;base64,QUJD", "version": "1.2", "executable": "e", "cmdparamsTemplate": "${A}", "cmdparams": "{A}", "setup": "s", "deploy": "d", "code": "c", "resultfile": "r", "topics": ["a"],
  "homepage": "https://x.y", "ociimage": "r/i:1", "tags": ["a"], "requirements": ["R"], "author": "a", "license": "l", "category": "c",
  "environment": {"A": {"type": "set", "options": ["a", "b"], "defval": "a", "description": {"en": "x"}, "hint": "h", "required": true, "category": "API", "secret": true, "minLength": 1, "pattern": "a", "minimum": 1, "note": "n"},
                  "B": {"type": "integer", "options": {"1": "one"}, "defval": 5}, "RESULT_FILE": {"type": "string", "defval": "r_{A}.json"}},
  "artifacts": [{"name": {"en": "n"}, "path": "a\\.csv", "type": "file", "description": "d"}],
  "produces": {"p": {"format": "file", "patterns": ["a"], "description": "d", "fields": {"f": {"type": "string", "path": "$.a.b[0]"}}}},
  "consumes": {"c": {"format": "json", "required": true, "target": "A", "fields": {"f": {"target": "B", "format": "integer"}}}},
  "events": {"emits": {"e": {"description": "d", "evidence": "x", "operation": "create"}}, "consumes": {"c": {"format": "json"}}},
  "exitCodes": {"0": {"description": "ok", "severity": "success", "retry": false}},
  "kubernetes": {"helm": {"enabled": true, "releaseName": "r", "namespace": "n", "chart": "r/c", "valuesFiles": ["v"], "set": {"a": 1}, "upgradeInstall": true, "timeoutSeconds": 5, "atomic": true, "wait": true},
                 "artifacts": {"enabled": true, "outputPath": "/o", "keepPodOnFailure": true}}})";

constexpr std::string_view prototype_text =
    R"({"uuid": "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f", "id": "x", "code": "Code", "name": {"en": "n"}, "description": "d", "version": "1.0", "logo": "l.svg", "url": "https://x.y",
  "homepage": "https://x.y", "tags": ["a"], "localized": {"name": {"cs": "x"}}, "prototype": "P",
  "fields": [{"keyword": "A", "type": "select", "name": "n", "description": "d", "hint": "h", "default_value": "a", "required": true, "options": [{"value": "a", "label": "b"}]},
             {"keyword": "B", "type": "number", "name": "n", "default": 5}]})";

std::size_t count(const json::value& value) {
    std::size_t all = 1;
    if (const auto* array = value.if_array())
        for (const auto& element : *array) all += count(element);
    if (const auto* object = value.if_object())
        for (const auto& member : *object) all += count(member.value());
    return all;
}

json::value* nth(json::value& value, std::size_t& n) {
    if (n-- == 0) return &value;
    if (auto* array = value.if_array())
        for (auto& element : *array)
            if (auto* found = nth(element, n)) return found;
    if (auto* object = value.if_object())
        for (auto& member : *object)
            if (auto* found = nth(member.value(), n)) return found;
    return nullptr;
}

json::value oddity(std::size_t which) {
    static const char* const values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "1",
                                         "-1",
                                         "2.5",
                                         "\"\"",
                                         "\"x\"",
                                         "\"\\u0000\"",
                                         "[]",
                                         "{}",
                                         "[1]",
                                         "[\"a\",\"b\"]",
                                         "{\"en\":\"x\"}",
                                         "{\"cs_CZ\":\"x\"}",
                                         "\"../a\"",
                                         "\"-a\"",
                                         "\"{A}\"",
                                         "\"${\"",
                                         "\"*.json\"",
                                         "\"(\"",
                                         "\"a,b\"",
                                         "\"javascript:x\"",
                                         "{\"a\":null}",
                                         "{\"path\":\"x\"}",
                                         "{\"description\":null}",
                                         "{\"type\":null}",
                                         "[{}]",
                                         "[null]",
                                         "\"\u202e\"",
                                         "99999999999",
                                         "{\"pattern\":\"a\"}",
                                         "\"true\"",
                                         "{\"\":\"\"}",
                                         "[[]]"};
    return parse_json(values[which % std::size(values)]).operator*();
}

json::value mutate(std::string_view text, const std::vector<std::pair<unsigned, unsigned>>& steps) {
    json::value value = *parse_json(text);
    for (const auto& [place, what] : steps) {
        std::size_t n = 1 + place % count(value);
        if (json::value* target = nth(value, n)) *target = oddity(what);
    }
    return value;
}

}  // namespace

TEST_CASE("a definition with odd values anywhere is refused, or exports as a valid file of the same meaning") {
    std::size_t accepted = 0;
    rc::check([&](const std::vector<std::pair<unsigned, unsigned>>& all) {
        const std::vector<std::pair<unsigned, unsigned>> steps(
            all.begin(), all.begin() + static_cast<long>(std::min<std::size_t>(all.size(), 4)));
        const std::string text = to_text(mutate(everything, steps));
        const auto reading = read_application(text);
        RC_ASSERT(reading.definition.has_value() == (reading.verdict() != Verdict::reject));
        if (!reading.definition) return;
        ++accepted;
        const auto exported = export_application(*reading.definition);
        const auto again = read_application(exported);
        RC_LOG() << text << "\n" << exported;
        for (const auto& finding : again.findings) RC_LOG() << describe(finding) << "\n";
        RC_ASSERT(again.definition.has_value());
        RC_ASSERT(same_meaning(*reading.definition, *again.definition));
        Findings findings("");
        const auto problems = published_schema("application")->check(*read_document(exported, findings));
        for (const auto& problem : problems) RC_LOG() << problem.pointer << " " << problem.sentence << "\n";
        RC_ASSERT(problems.empty());
    });
    CHECK(accepted > 0);
}

TEST_CASE("every single odd value in an application is survived") {
    const std::size_t places = count(*parse_json(everything));
    for (unsigned place = 0; place < places; ++place) {
        for (unsigned what = 0; what < 36; ++what) {
            const std::string text = to_text(mutate(everything, {{place, what}}));
            const auto reading = read_application(text);
            if (!reading.definition) continue;
            const auto exported = export_application(*reading.definition);
            const auto again = read_application(exported);
            Findings findings("");
            const auto problems = published_schema("application")->check(*read_document(exported, findings));
            CHECK_MESSAGE(problems.empty(), text, "\n",
                          problems.empty() ? "" : problems.front().pointer + problems.front().sentence);
            CHECK_MESSAGE((again.definition && same_meaning(*reading.definition, *again.definition)), text,
                          again.definition ? "" : describe(again.findings.front()));
            auto built = *reading.definition;
            built.document.clear();
            const auto from_fields = read_application(export_application(built));
            CHECK_MESSAGE(
                (from_fields.definition && same_meaning(*reading.definition, *from_fields.definition)), text, "\n",
                from_fields.definition
                    ? fmt::format(
                          "{}",
                          fmt::join(describe(compare_definitions(*reading.definition, *from_fields.definition)), "; "))
                    : describe(from_fields.findings.back()));
            CHECK(read_application(export_application(*reading.definition, {.form = ExportOptions::Form::legacy}))
                      .definition);
        }
    }
}

TEST_CASE("credential definitions survive odd values anywhere") {
    const std::size_t places = count(*parse_json(prototype_text));
    for (unsigned place = 0; place < places; ++place) {
        for (unsigned what = 0; what < 36; ++what) {
            const std::string text = to_text(mutate(prototype_text, {{place, what}}));
            const auto reading = read_credential_prototype(text);
            CHECK(reading.definition.has_value() == (reading.verdict() != Verdict::reject));
            const auto type = read_credential_type(text);
            CHECK(type.definition.has_value() == (type.verdict() != Verdict::reject));
        }
    }
    CHECK(read_credential_prototype(prototype_text).definition);
    CHECK(read_credential_type(prototype_text).definition);
}
