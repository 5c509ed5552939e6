// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "domain/command_template.h"
#include "domain/environment.h"
#include "support/corpus.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>
#include <set>

using namespace mf;

// The environment oracle: every case of env/cases.json, compared as its header says.

namespace {

std::string text_at(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<GivenVariable> given(const json::value& object) {
    std::vector<GivenVariable> all;
    if (!object.is_object()) return all;  // an empty layer may be written as []
    for (const auto& [name, value] : object.get_object()) all.push_back({name, *scalar_text(value)});
    return all;
}

EnvironmentLayers layers_of(const json::object& input, const json::object& system) {
    EnvironmentLayers layers;
    const auto part = [&](std::string_view name) {
        const auto* found = input.if_contains(name);
        return found ? *found : json::value();
    };
    const auto& environment = input.at("application").at("environment");
    if (environment.is_object()) {
        for (const auto& [name, field] : environment.get_object()) {
            const auto& object = field.get_object();
            DeclaredVariable declared{name, read_config_type(text_at(object, "type"))->type};
            if (const auto* value = object.if_contains("defval")) declared.default_value = *scalar_text(*value);
            if (const auto* required = object.if_contains("required"))
                declared.required = required->is_bool() ? required->get_bool() : *scalar_text(*required) == "1";
            layers.application.push_back(std::move(declared));
        }
    }
    layers.company = given(part("company_env"));
    for (const auto& entry : input.at("credentials").as_array()) {
        const auto& credential = entry.get_object();
        AssignedCredential assigned{
            credential.at("id").as_int64(), text_at(credential, "name"), credential.at("company_id").as_int64(), {}};
        if (credential.at("fields").is_object()) {
            for (const auto& [name, field] : credential.at("fields").get_object()) {
                const auto* value = field.get_object().if_contains("value");
                assigned.values.push_back({name, value ? *scalar_text(*value) : std::nullopt,
                                           is_secret(read_config_type(text_at(field.get_object(), "type"))->type)});
            }
        }
        layers.credentials.push_back(std::move(assigned));
    }
    layers.runtemplate = given(part("runtemplate"));
    layers.launch_json = given(part("adhoc_json"));
    layers.launch = given(part("adhoc"));
    for (const auto& [name, value] : system.at("reserved").as_object())
        layers.platform.emplace(name, value.as_string());
    layers.temporary_directory = system.at("tmp_dir").as_string();
    layers.company_id = system.at("company_id").as_int64();
    return layers;
}

std::set<std::string> names(const json::value& list) {
    std::set<std::string> all;
    for (const auto& entry : list.as_array()) {
        const std::string text(entry.as_string());
        all.insert(text.substr(0, text.find(':')));
    }
    return all;
}

std::map<std::string, std::string> texts(const json::value& object) {
    std::map<std::string, std::string> all;
    if (object.is_object())
        for (const auto& [name, value] : object.get_object()) all.emplace(name, value.as_string());
    return all;
}

// The environment and the arguments of a case, or the error that either of them is.
Result<std::pair<Environment, std::vector<std::string>>> outcome(const json::object& input,
                                                                 const json::object& system) {
    auto environment = assemble_environment(layers_of(input, system));
    if (!environment) return environment.error();
    const auto& application = input.at("application").as_object();
    const auto modern = text_at(application, "cmdparamsTemplate");
    auto command = CommandTemplate::parse(modern.empty() ? text_at(application, "cmdparams") : modern);
    if (!command) return command.error();
    auto filled = command->fill([&](std::string_view name) -> std::optional<CommandTemplate::Value> {
        const auto* variable = environment->find(name);
        if (!variable) return std::nullopt;
        return CommandTemplate::Value{variable->value, variable->secret};
    });
    if (!filled) return filled.error();
    return std::pair(*std::move(environment), filled->arguments);
}

void check_case(const json::object& one, const json::object& system) {
    const auto& expected = one.at("expected").as_object();
    const auto actual = outcome(one.at("input").as_object(), system);
    if (expected.contains("error")) {
        CHECK_FALSE(actual);
        return;
    }
    REQUIRE_MESSAGE(actual, (actual ? "" : actual.error().message));
    const auto& [environment, arguments] = *actual;
    std::map<std::string, std::string> values, provenance;
    std::set<std::string> masked, warned;
    for (const auto& variable : environment.variables) {
        if (is_reserved_name(variable.name)) {
            CHECK(variable.value == std::string(system.at("reserved").at(variable.name).as_string()));
            continue;
        }
        values.emplace(variable.name, variable.value);
        provenance.emplace(variable.name, to_text(variable.layer));
        if (variable.secret) masked.insert(variable.name);
    }
    for (const auto& warning : environment.warnings) warned.insert(warning.name);
    CHECK(values == texts(expected.at("env")));
    CHECK(provenance == texts(expected.at("provenance")));
    CHECK(masked == names(expected.at("masked")));
    CHECK(std::set(environment.missing_required.begin(), environment.missing_required.end()) ==
          names(expected.at("missing_required")));
    CHECK(warned == names(expected.at("warnings")));
    if (const auto* argv = expected.if_contains("argv")) {
        std::vector<std::string> wanted;
        for (const auto& word : argv->as_array()) wanted.emplace_back(word.as_string());
        CHECK(arguments == wanted);
    }
}

}  // namespace

TEST_CASE("every case of the environment oracle" * doctest::test_suite("corpus")) {
    const auto directory = testing::corpus("env");
    if (!directory) return;
    const auto document = parse_json(testing::read_file(*directory / "cases.json"));
    REQUIRE(document);
    const auto& cases = document->at("cases").as_array();
    CHECK_FALSE(cases.empty());
    for (const auto& one : cases) {
        const auto id = text_at(one.as_object(), "id") + " " + text_at(one.as_object(), "title");
        CAPTURE(id);
        check_case(one.as_object(), document->at("system").as_object());
    }
}
