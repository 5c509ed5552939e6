// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

TEST_CASE("a secret that stood on the command line brings a warning wherever values of variables are given") {
    FakeBackend fake;
    const auto answer = [](const json::object& input) -> Result<json::value> {
        json::array secrets;
        for (const auto* key : {"config", "env"})
            if (input.contains(key) && input.at(key).as_object().contains("PIN")) secrets = {"PIN"};
        return json::value{{"id", 3}, {"job_id", 9}, {"configuration", json::object{}}, {"secret_fields", secrets}};
    };
    fake.offer("runtemplate:create", {"name", "app_id", "company_id", "*config"}, answer);
    fake.offer("runtemplate:update", {"id", "*config"}, answer);
    fake.offer("runtemplate:schedule", {"id", "*env", "*config"}, answer);
    fake.offer("job:create", {"runtemplate_id", "scheduled", "*env", "*config"}, answer);
    Shell shell{fake};
    shell.input = "PIN=typed\n";
    const std::vector<std::vector<std::string>> commands{
        {"run-template:create", "--name", "N", "--app_id", "1", "--company_id", "1"},
        {"run-template:update", "--id", "3"},
        {"run-template:schedule", "--id", "3"},
        {"job:create", "--template", "3"}};
    for (const auto& command : commands)
        for (const std::string option : {"--config", "--env"}) {
            const bool has_env = command[0].ends_with("schedule") || command[0].starts_with("job");
            if (option == "--env" && !has_env) continue;
            CAPTURE(command[0]);
            const auto with = [&](const std::string& name, const std::string& value) {
                auto words = command;
                words.insert(words.end(), {name, value});
                return words;
            };
            REQUIRE(shell(with(option, "PIN=1234")).code == 0);
            CHECK(shell.err ==
                  "Warning: PIN stood on the command line, where others on this machine can see it and "
                  "shells remember it. Next time say " +
                      option + "-file FILE with lines KEY=VALUE, or " + option + "-file - for standard input.\n");
            REQUIRE(shell(with(option, "OTHER=1234")).code == 0);
            CHECK(shell.err == "");
            REQUIRE(shell(with(option + "-file", "-")).code == 0);
            CHECK(shell.last().at(option.substr(2)).at("PIN") == "typed");
            CHECK(shell.err == "");
        }
}

TEST_CASE("without a value and without somebody to ask a command names the options that it has") {
    FakeBackend fake;
    fake.offer("company:variable-set", {"company_id", "name", "value", "?secret"}, json::value(json::object{}));
    fake.offer("credential:create", {"company_id", "credential_type_id", "name", "*fields"},
               json::value(json::object{}));
    Shell shell{fake};
    CHECK(shell({"company:variable-set", "--company_id", "1", "--name", "PV", "--secret", "0"}).out ==
          "Option --value: PV has no value, and nobody can be asked for it. Say --value-file FILE, --value-file - for "
          "standard input, "
          "or --value VALUE.\n");
    CHECK(shell({"credential:create", "--company-id", "1", "--credential-type-id", "1", "--name", "N", "--field", "PV"})
              .out ==
          "Option --field: PV has no value, and nobody can be asked for it. Say PV=@FILE, PV=- for "
          "standard input, or PV=VALUE.\n");
    CHECK(fake.asked.empty());
}
