// SPDX-License-Identifier: MIT
#include "domain/definition/credential_prototype_definition.h"
#include "support/complaints.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::complaints;

namespace {

CredentialPrototypeReading prototype(std::string_view rest) {
    return read_credential_prototype(
        R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank","version":"1.0",)" +
        std::string(rest) + "}");
}

CredentialTypeReading type(std::string_view rest) {
    return read_credential_type(
        R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank","description":"d","version":"1.0",)" +
        std::string(rest) + "}");
}

}  // namespace

TEST_CASE("a prototype is read with its dialect of types") {
    const auto reading = prototype(
        R"("fields":[{"keyword":"A","type":"select","options":[{"value":"x","label":"X"}],"default_value":"x"},{"keyword":"B","type":"textarea"},
        {"keyword":"C","type":"boolean","default_value":"yes"},{"keyword":"D","type":"file"},{"keyword":"E","type":"password","required":true}])");
    CHECK(complaints(reading.findings) == "");
    REQUIRE(reading.definition);
    const auto& fields = reading.definition->fields;
    REQUIRE(fields.size() == 5);
    CHECK(fields[0].type == ConfigType::set);
    CHECK(fields[0].options[0].label.in("en") == "X");
    CHECK(fields[1].type == ConfigType::text);
    CHECK(fields[2].default_text == "true");
    CHECK(fields[3].type == ConfigType::file_path);
    CHECK(fields[4].secret);
    CHECK(fields[4].required);
}

TEST_CASE("prototypes in the wild are tolerated") {
    CHECK(complaints(prototype(R"("name":{"en":"Bank"})").findings) == "warning tolerated /name");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"A","type":"number","default":5}])").findings) ==
          "warning tolerated /fields/0/type; warning tolerated /fields/0/default");
    CHECK(complaints(prototype(R"("fields":[{"code":"A","type":"string"}])").findings) ==
          "warning tolerated /fields/0/code");
    CHECK(prototype(R"("fields":[{"id":"A","type":"string"}])").definition->fields.front().name == "A");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"A","type":"select"}])").findings) ==
          "warning options_missing /fields/0/options");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"A","type":"password","default_value":"x"}])").findings) ==
          "warning secret_default /fields/0/default_value");
    CHECK(complaints(prototype(R"("version":"1")").findings) == "warning tolerated /version");
    CHECK(complaints(prototype(R"("version":"1.2.3.4")").findings) == "warning tolerated /version");
    CHECK(complaints(prototype(R"("version":"1.2-rc")").findings) == "warning tolerated /version");
    const auto options = [](std::string_view list) {
        return complaints(
            prototype(fmt::format(R"("fields":[{{"keyword":"A","type":"select","options":{}}}])", list)).findings);
    };
    CHECK(options(R"(["a"])") == "warning tolerated /fields/0/options/0");
    CHECK(options(R"({"a":"b"})") == "warning tolerated /fields/0/options");
    CHECK(options(R"([{"value":"a"}])") == "warning tolerated /fields/0/options/0/label");
    CHECK(options(R"([{"value":"a","label":5}])") == "warning tolerated /fields/0/options/0/label");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"A","type":"string","default_value":null}])").findings) ==
          "warning tolerated /fields/0/default_value");
    const auto bare =
        read_credential_prototype(R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank"})");
    CHECK(complaints(bare.findings) == "warning tolerated /version");
    CHECK(bare.definition->version == "1.0");
    CHECK(complaints(read_credential_prototype(
                         R"({"id":"0D6F0C9E-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank","version":"1.0"})")
                         .findings) == "warning unknown_key /id");
}

TEST_CASE("prototypes that cannot be meant are refused") {
    CHECK(complaints(prototype(R"("code":"../x")").findings) == "error key_invalid /code");
    CHECK(complaints(prototype(R"("uuid":"")").findings) == "error uuid_missing /uuid");
    CHECK(complaints(prototype(R"("logo":"../x.svg")").findings) == "error path_unsafe /logo");
    CHECK(complaints(prototype(R"("logo":"file:///x.svg")").findings) == "error path_unsafe /logo");
    CHECK(complaints(prototype(R"("url":"javascript:x")").findings) == "error value_unsafe /url");
    CHECK(complaints(prototype(R"("fields":{})").findings) == "error schema_violation /fields");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"a","type":"string"}])").findings) ==
          "error key_invalid /fields/0/keyword");
    CHECK(complaints(prototype(R"("fields":[{"keyword":"LD_PRELOAD","type":"string"}])").findings) ==
          "error key_invalid /fields/0/keyword");
    CHECK(complaints(prototype(R"("fields":[{"type":"string"}])").findings) ==
          "error schema_violation /fields/0/keyword");
    CHECK(complaints(
              prototype(R"("fields":[{"keyword":"A","type":"string"},{"keyword":"A","type":"password"}])").findings) ==
          "error key_invalid /fields/1/keyword");
    CHECK(
        complaints(
            prototype(
                R"("fields":[{"keyword":"A","type":"select","options":[{"value":1,"label":"x"}],"default_value":"1"}])")
                .findings)
            .starts_with("error schema_violation /fields/0/options/0/value"));
    CHECK(complaints(prototype(R"("fields":[{"keyword":"A"}])").findings)
              .starts_with("error schema_violation /fields/0/type"));
}

TEST_CASE("a credential type has words of its own") {
    const auto reading = type(
        R"("localized":{"name":{"cs":"Banka"}},"fields":[{"keyword":"A","name":"a","type":"number","default":30},{"keyword":"B","name":"b","type":"number","default":2.5},
        {"keyword":"C","name":"c","type":"secret"},{"keyword":"D","name":"d","type":"select","options":["x","y"]}])");
    CHECK(complaints(reading.findings) == "");
    REQUIRE(reading.definition);
    CHECK(reading.definition->name.in("cs") == "Banka");
    const auto& fields = reading.definition->fields;
    CHECK(fields[0].type == ConfigType::integer);
    CHECK(fields[0].default_text == "30");
    CHECK(fields[1].type == ConfigType::float_);
    CHECK(fields[1].default_text == "2.5");
    CHECK(fields[2].secret);
    CHECK(fields[3].options.size() == 2);
    CHECK(complaints(type(R"("version":"1","fields":[])").findings) == "");
    CHECK(complaints(type(R"("version":"1.2.3.4","fields":[])").findings) == "warning tolerated /version");
    CHECK(complaints(
              type(R"("fields":[{"keyword":"D","name":"d","type":"select","options":[{"value":"x"},5]}])").findings) ==
          "warning tolerated /fields/0/options/0; warning tolerated /fields/0/options/1");
    CHECK(complaints(read_credential_type("{}").findings).find("error schema_violation /fields") != std::string::npos);
    CHECK(complaints(type(R"("$schema":"x","fields":[])").findings) == "warning tolerated /$schema");
    CHECK(complaints(type(R"("class":"Probe","fields":[])").findings) == "warning tolerated /class");
    CHECK(type(R"("class":"Probe","fields":[])").definition->prototype == "Probe");
}
