// SPDX-License-Identifier: MIT
#include "domain/definition/application_definition.h"
#include "support/complaints.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

/// A correct definition; rest replaces or adds keys (of a repeated key the last counts).
ApplicationReading read_with(std::string_view rest = {}, const ReadingOptions& options = {}) {
    std::string text =
        R"({"$schema":"https://multiflexi.eu/s","uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","name":{"en":"n"},"description":"d","executable":"e","version":"1",
        "environment":{"A":{"type":"string","description":"a"}})";
    if (!rest.empty()) text += "," + std::string(rest);
    auto reading = read_application(text + "}", "f.json", options);
    std::erase_if(reading.findings, [](const Finding& finding) { return finding.code == FindingCode::duplicate_key; });
    return reading;
}

/// "severity code pointer" of every finding, one a line.
std::string complaints(std::string_view rest, const ReadingOptions& options = {}) {
    return testing::complaints(read_with(rest, options).findings);
}

}  // namespace

TEST_CASE("a clean definition is read without a word") {
    CHECK(complaints("") == "");
    const auto reading = read_with(
        R"("version":"1.2","cmdparamsTemplate":"--a {A}","tags":["x"],"exitCodes":{"5":{"description":"busy","severity":"warning","retry":true}},
        "environment":{"A":{"type":"integer","defval":7,"description":{"en":"e","cs":"c"},"required":true,"minimum":1},"S":{"type":"string","secret":true,"description":"s"}})");
    REQUIRE(reading.definition);
    const auto& definition = *reading.definition;
    CHECK(definition.uuid == "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f");
    CHECK(definition.arguments == "--a {A}");
    CHECK(definition.environment.size() == 2);
    CHECK(definition.environment[0].default_text == "7");
    CHECK(definition.environment[0].description.in("cs") == "c");
    CHECK(definition.environment[0].constraints.minimum == 1);
    CHECK(definition.field("S")->secret);
    CHECK(definition.exit_code(5)->retry == true);
    CHECK(definition.sha256.size() == 64);
}

TEST_CASE("all missing keys are named at once") {
    const auto reading = read_application("{}");
    std::string pointers;
    for (const Finding& finding : reading.findings)
        if (finding.severity == Severity::error) pointers += finding.pointer + " ";
    CHECK(pointers == "/name /description /environment /executable ");
    CHECK_FALSE(reading.definition);
    CHECK(describe(read_application("[]").findings.front()).find("line 1, column 1") != std::string::npos);
}

TEST_CASE("tolerated deviations are warnings and read as meant") {
    CHECK(complaints(R"("requirements":"a, ,b")") == "warning tolerated /requirements");
    CHECK(read_with(R"("requirements":"a, ,b")").definition->requirements == std::vector<std::string>{"a", "b"});
    CHECK(complaints(R"("requirements":null)") == "warning tolerated /requirements");
    CHECK(complaints(R"("ociimage":"")") == "warning tolerated /ociimage");
    CHECK(complaints(R"("environment":{"A":{"type":"checkbox","description":"x"}})") ==
          "warning tolerated /environment/A/type");
    CHECK(complaints(R"("environment":[])") == "warning tolerated /environment");
    CHECK(complaints(R"("environment":{"A":{"type":"string","required":1,"description":"x"}})") ==
          "warning tolerated /environment/A/required");
    CHECK(complaints(R"("environment":{"A":{"type":"string","category":"ISDS","description":"x"}})") ==
          "warning tolerated /environment/A/category");
    CHECK(complaints(R"("environment":{"A":{"type":"string","default":"v","description":"x"}})") ==
          "warning tolerated /environment/A/default");
    CHECK(complaints(R"("uuid":"f5h8g0h2-5699-8d79-efa0-60f81g9548j7")") == "warning uuid_invalid /uuid");
    CHECK(complaints(R"("uuid":"")") == "warning uuid_missing /uuid");
    CHECK(complaints(R"("exitcodes":{})") == "warning unknown_key /exitcodes");
    CHECK(read_with(R"("exitcodes":{})").findings.front().sentence.find("Did you mean \"exitCodes\"?") !=
          std::string::npos);
    CHECK(complaints(R"("version":"#VERSION#")") == "warning tolerated /version");
    CHECK(complaints(R"("name":"")") == "warning name_empty /name");
    CHECK(complaints(R"("deploy":null)") == "warning legacy_key /deploy; warning tolerated /deploy");
    CHECK(complaints(R"("homepage":"see the manual")") == "warning tolerated /homepage");
    CHECK(complaints(R"("homepage":" https://x.y/ ")") == "warning tolerated /homepage");
    CHECK(complaints(R"("artifacts":[{"name":"x","path":"a","type":""}])") == "warning tolerated /artifacts/0/type");
    CHECK(complaints(R"("exitCodes":{"0":{"en":"ok"},"404":{"description":"x"}})") ==
          "warning tolerated /exitCodes/0; note key_invalid /exitCodes/404");
    CHECK(complaints(R"("produces":{"p":{}, "q":1})") ==
          "warning tolerated /produces/p/format; warning tolerated /produces/q");
    CHECK(complaints(R"("events":{"listens":1})") == "warning unknown_key /events/listens");
    CHECK(complaints(R"("name":{"cs_CZ":"a","en":"b"})") == "warning tolerated /name/cs_CZ");
    CHECK(read_with(R"("name":{"cs_CZ":"a","en":"b"})").definition->name.in("cs") == "b");
    CHECK(read_with(R"("name":{"cs_CZ":"a","en":"b"})").definition->name.in("cs-cz") == "a");
    CHECK(complaints(R"("cmdparams":"{A}")") == "warning legacy_key /cmdparams");
    CHECK(read_with(R"("cmdparams":"{A}")").definition->arguments == "{A}");
}

TEST_CASE("what other programs refuse is never accepted without a word") {
    for (const auto version : {"1.0.0-rc1", "1.0+a", " 1.0", "1.0 ", "01.2", "1.2.3.4.5"})
        CHECK(complaints(fmt::format("\"version\":\"{}\"", version)) == "warning tolerated /version");
    CHECK(complaints(R"("environment":{"A":{"type":" string ","description":"x"}})") ==
          "warning tolerated /environment/A/type");
    CHECK(complaints(R"("environment":{"A":{"type":"string","category":"","description":"x"}})") ==
          "warning tolerated /environment/A/category");
    CHECK(complaints(R"("exitCodes":{"1":{"description":"x","severity":""}})") ==
          "warning tolerated /exitCodes/1/severity");
    CHECK(read_with(R"("exitCodes":{"1":{"description":"x","severity":""}})").definition->exit_code(1)->severity ==
          ExitSeverity::error);
    // A path, and repository/chart at the same time.
    CHECK(complaints(R"("kubernetes":{"helm":{"chart":"./x"}})") == "warning tolerated /kubernetes/helm/chart");
}

TEST_CASE("what cannot be meant is refused") {
    CHECK(complaints(R"("environment":[{"type":"string"}])") == "error schema_violation /environment");
    CHECK(complaints(R"("environment":{"LD_PRELOAD":{"type":"string","description":"x"}})") ==
          "error key_invalid /environment/LD_PRELOAD");
    CHECK(complaints(R"("environment":{"LD_PRELOAD":{"type":"string","description":"x"}})",
                     {.allowed_names = {"LD_PRELOAD"}}) == "");
    CHECK(complaints(R"("environment":{"A\nB":{"type":"string","description":"x"}})") ==
          "error key_invalid /environment/A\\nB");
    CHECK(complaints(R"("environment":{"A":{"type":"json","description":"x"}})") ==
          "error type_unknown /environment/A/type");
    CHECK(complaints(R"("environment":{"A":{"type":"string","defval":"\u0000","description":"x"}})") ==
          "error value_unsafe /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"string","pattern":"(","description":"x"}})") ==
          "error regex_invalid /environment/A/pattern");
    CHECK(complaints(R"("environment":{"RESULT_FILE":{"type":"string","defval":"../x","description":"x"}})") ==
          "error path_unsafe /environment/RESULT_FILE/defval");
    CHECK(complaints(R"("executable":" ")") == "error executable_empty /executable");
    CHECK(complaints(R"("executable":"","ociimage":"a/b")") == "");
    CHECK(complaints(R"("ociimage":"-v")") == "error value_unsafe /ociimage");
    CHECK(complaints(R"("ociimage":"file:///x")") == "error value_unsafe /ociimage");
    CHECK(complaints(R"("ociimage":"a/b@sha256:0123")") == "error schema_violation /ociimage");
    CHECK(complaints(R"("ociimage":"a/b:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")") ==
          "");
    CHECK(complaints(R"("homepage":"JavaScript:alert")") == "error value_unsafe /homepage");
    for (const auto image : {":tag", "a/b:", "a/"})
        CHECK(complaints(fmt::format("\"ociimage\":\"{}\"", image)) == "error schema_violation /ociimage");
    CHECK(complaints(R"("code":"a\u0000b")") == "warning legacy_key /code; error value_unsafe /code");
    CHECK(complaints(R"("kubernetes":{"helm":{},"artifacts":{"outputPath":"/a\nb"}})") ==
          "error value_unsafe /kubernetes/artifacts/outputPath");
    CHECK(complaints(R"("schemaVersion":"4.0")") == "error schema_version_unsupported /schemaVersion");
    CHECK(complaints(R"("schemaVersion":"3.9")") == "warning tolerated /schemaVersion");
    CHECK(complaints(R"("consumes":{"c":{"format":"json","target":"B"}})") ==
          "error unknown_reference /consumes/c/target");
    CHECK(complaints(R"("consumes":{"c":{"format":"json","target":"A","fields":{"f":{"target":"B"}}}})") ==
          "error unknown_reference /consumes/c/fields/f/target");
    CHECK(complaints(R"("produces":{"p":{"format":"json","fields":{"f":{"path":"a.b"}}}})") ==
          "error schema_violation /produces/p/fields/f/path");
    CHECK(complaints(R"("artifacts":[{"name":"x","path":"a/../b","type":"file"}])") ==
          "error path_unsafe /artifacts/0/path");
    CHECK(complaints(R"("produces":{"a b":{"format":"json"}})") == "error key_invalid /produces/a b");
    std::string patterns;
    for (int i = 0; i < 1001; ++i) patterns += i ? ",\"a\"" : "\"a\"";
    CHECK(complaints(R"("produces":{"p":{"format":"json","patterns":[)" + patterns + "]}}") ==
          "error too_large /produces/p/patterns");
    CHECK(complaints(R"("exitCodes":{"-1":{"description":"x"}})") == "error key_invalid /exitCodes/-1");
    CHECK(complaints(R"("exitCodes":{"1":{"description":"x","severity":"bad"}})") ==
          "error schema_violation /exitCodes/1/severity");
    CHECK(complaints(R"("kubernetes":{"helm":{"enabled":true}})") == "error helm_incomplete /kubernetes/helm");
    CHECK(complaints(R"("kubernetes":{"helm":{"chart":"../x"}})") == "error path_unsafe /kubernetes/helm/chart");
    CHECK(complaints(R"("kubernetes":{"helm":{"chart":"./a/x"}})") == "");
    CHECK(complaints(R"("name":{"en":")" + std::string(256, 'x') + "\"}") == "error name_too_long /name/en");
    CHECK(complaints(R"("cmdparamsTemplate":")" + std::string(70'000, 'x') + "\"") ==
          "error too_large /cmdparamsTemplate");
    CHECK(complaints(R"("environment":{"A":{"type":"string","description":"x","defval":")" + std::string(131'072, 'x') +
                     "\"}}") == "error too_large /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"string","description":"x","defval":")" + std::string(131'069, 'x') +
                     "\"}}") == "");
}

TEST_CASE("nothing is longer than the column it goes to") {
    const auto text = [](std::size_t length) { return std::string(length, 'x'); };
    CHECK(complaints("\"code\":\"" + text(65) + "\"") == "warning legacy_key /code; error too_large /code");
    CHECK(complaints("\"name\":{\"en\":\"x\",\"xx-" + text(40) + "\":\"y\"}") ==
          "error too_large /name/xx-" + text(40));
    CHECK(complaints("\"environment\":{\"A\":{\"type\":\"string\",\"description\":\"x\",\"category\":\"" + text(65) +
                     "\"}}") == "warning tolerated /environment/A/category; error too_large /environment/A/category");
    CHECK(complaints("\"artifacts\":[{\"name\":\"x\",\"path\":\"a\",\"type\":\"" + text(33) + "\"}]") ==
          "error too_large /artifacts/0/type");
    CHECK(complaints("\"produces\":{\"" + text(129) + "\":{\"format\":\"json\"}}") ==
          "error key_invalid /produces/" + text(129));
    CHECK(complaints("\"kubernetes\":{\"helm\":{\"chart\":\"a/" + text(511) + "\"}}") ==
          "error too_large /kubernetes/helm/chart");
}

TEST_CASE("characters that do not show are remarked in commands") {
    CHECK(complaints("\"executable\":\"tr\u202eue\"") == "warning value_unsafe /executable");
    CHECK(complaints("\"cmdparamsTemplate\":\"--a\u200b\"") == "warning value_unsafe /cmdparamsTemplate");
    CHECK(complaints(R"("cmdparamsTemplate":"--a\tb")") == "");
    CHECK(
        complaints(
            R"("cmdparamsTemplate":"-p {PW} ${PW} {A}","environment":{"PW":{"type":"password"},"A":{"type":"string"}})") ==
        "warning secret_in_arguments /cmdparamsTemplate");
}

TEST_CASE("a number that is none is a warning, whoever explains it") {
    for (const auto field : {R"("integer","defval":"12abc")", R"("integer","defval":1.5)", R"("float","defval":"1,5")",
                             R"("integer","defval":true)", R"("bool","defval":2)"})
        CHECK(complaints(fmt::format(R"("environment":{{"A":{{"description":"x","type":{}}}}})", field)) ==
              "warning default_type_mismatch /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"bool","defval":"maybe","description":"x"}})") ==
          "note default_type_mismatch /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"set","options":[],"description":"x"}})") ==
          "warning options_missing /environment/A/options");
}

TEST_CASE("the same oddity weighs more where nobody explains it") {
    CHECK(complaints(
              R"("environment":{"P":{"type":"password","description":"x"},"A":{"type":"string","defval":"{P}"}})") ==
          "warning secret_default /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"integer","defval":"","description":"x"}})") ==
          "note default_type_mismatch /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"integer","defval":""}})") ==
          "warning default_type_mismatch /environment/A/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"set","description":"x"}})") ==
          "note options_missing /environment/A/options");
    CHECK_FALSE(
        read_with(R"("environment":{"A":{"type":"integer","defval":"12abc"}})").definition->field("A")->default_text);
    CHECK(read_with(R"("environment":{"A":{"type":"bool","defval":"True","description":"x"}})")
              .definition->field("A")
              ->default_text == "true");
}

TEST_CASE("no finding shows a secret") {
    for (const auto rest : {R"("environment":{"P":{"type":"password","defval":"hunter2"}})",
                            R"("environment":{"P":{"type":"password","defval":{"a":"hunter2"}}})",
                            R"("environment":{"P":{"secret":true,"type":"string","defval":"x{P}hunter2"}})",
                            R"("environment":{"P":{"type":"password","default":"hunter2","required":"hunter2"}})",
                            R"("environment":{"P":{"type":"integer","secret":true,"defval":"hunter2"}})",
                            R"("environment":{"P":{"type":"email","secret":true,"defval":"hunter2"}})"}) {
        const auto reading = read_with(rest);
        CHECK_FALSE(reading.findings.empty());
        for (const Finding& finding : reading.findings)
            CHECK_MESSAGE(describe(finding).find("hunter2") == std::string::npos, describe(finding));
    }
}

TEST_CASE("no finding shows a secret that looks like a number") {
    for (const auto rest : {R"("environment":{"P":{"type":"password","defval":12345678901234567890}})",
                            R"("environment":{"P":{"type":"password","defval":12345678901234567890e999}})"})
        for (const Finding& finding : read_with(rest).findings)
            CHECK_MESSAGE(describe(finding).find("1234567890") == std::string::npos, describe(finding));
}

TEST_CASE("macros in defaults are followed to their end") {
    CHECK(
        complaints(
            R"("environment":{"A":{"type":"string","description":"x","defval":"{B}"},"B":{"type":"string","description":"x","defval":"{C}"},"C":{"type":"string","description":"x","defval":"{A}"}})") ==
        "warning unknown_placeholder /environment/C/defval; warning unknown_placeholder /environment/B/defval; "
        "warning unknown_placeholder /environment/A/defval");
    // Only what lies on a cycle: below all but D, then B and C without A and D, which lead there.
    CHECK(
        complaints(
            R"("environment":{"A":{"type":"string","description":"x","defval":"{B}"},"B":{"type":"string","description":"x","defval":"{D}{C}"},"C":{"type":"string","description":"x","defval":"{E}{B}"},"D":{"type":"string","description":"x"},"E":{"type":"string","description":"x","defval":"{E}{A}"}})") ==
        "warning unknown_placeholder /environment/E/defval; warning unknown_placeholder /environment/C/defval; "
        "warning unknown_placeholder /environment/B/defval; warning unknown_placeholder /environment/A/defval");
    CHECK(
        complaints(
            R"("environment":{"A":{"type":"string","description":"x","defval":"{B}"},"B":{"type":"string","description":"x","defval":"{C}"},"C":{"type":"string","description":"x","defval":"{B}"},"D":{"type":"string","description":"x","defval":"{C}"}})") ==
        "warning unknown_placeholder /environment/C/defval; warning unknown_placeholder /environment/B/defval");
    CHECK(complaints(R"("environment":{"A":{"type":"string","description":"x","defval":"{NOPE}/{MULTIFLEXI_TMP}"}})") ==
          "note unknown_placeholder /environment/A/defval");
    std::string bomb = R"("environment":{"A0":{"type":"string","description":"x","defval":"lol"})";
    for (int i = 1; i < 60; ++i)
        bomb += ",\"A" + std::to_string(i) + R"(":{"type":"string","description":"x","defval":"{A)" +
                std::to_string(i - 1) + "}{A" + std::to_string(i - 1) + "}\"}";
    const auto reading = read_with(bomb + "}");
    CHECK(reading.verdict() == Verdict::accept_with_warnings);
    CHECK(reading.findings.front().code == FindingCode::too_large);
}

TEST_CASE("requirements are compared with what is installed") {
    const ReadingOptions options{.prototypes = {{{"Vaultwarden", {"A", "TOKEN"}}}}};
    CHECK(complaints(R"("requirements":["VaultWarden"])", options) == "warning requirement_env_gap /requirements/0");
    CHECK(complaints(R"("requirements":["FioBank","package:curl"])", options) ==
          "warning unknown_requirement /requirements/0");
    CHECK(complaints(R"("requirements":["FioBank"])", {.prototypes = std::vector<KnownPrototype>{}}) ==
          "note unknown_requirement /requirements/0");
    CHECK(complaints(R"("requirements":["../../x"])") == "warning unknown_requirement /requirements/0");
}

TEST_CASE("icons are data of an image, nothing else") {
    CHECK(complaints(R"("image":"data:image/png;base64,QUJD")") == "");
    CHECK(complaints(R"("image":"data:image/svg+xml,<svg onload = 'x'/>")") == "warning value_unsafe /image");
    CHECK(complaints(R"("image":"data:image/svg+xml;base64,PHN2Zz48c2NyaXB0Pg==")") == "warning value_unsafe /image");
    CHECK(complaints(R"("image":"data:image/svg+xml,%3Csvg%20onload%3D%27x%27/%3E")") == "warning value_unsafe /image");
    CHECK(complaints(R"("image":"data:image/svg+xml,<svg width='100%'>%</svg>%4")") == "");
    CHECK(complaints(R"("image":"data:image/svg+xml,<svg version='1'>onward = x</svg>")") == "");
    CHECK(complaints(R"("image":"data:text/html,x")") == "error value_unsafe /image");
    CHECK(complaints(R"("image":"file:///etc/shadow")") == "error value_unsafe /image");
    CHECK(complaints(R"("image":"/etc/shadow")") == "error path_unsafe /image");
    CHECK(complaints(R"("image":"http://169.254.169.254/")") == "warning tolerated /image");
    CHECK(read_with(R"("image":"http://169.254.169.254/")").definition->image.empty());
}
