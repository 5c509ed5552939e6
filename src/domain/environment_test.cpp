// SPDX-License-Identifier: MIT
#include "domain/environment.h"

#include "domain/process_environment.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

using Texts = std::vector<std::string>;

EnvironmentLayers five_layers() {
    return {.application = {{.name = "A", .default_value = "default"}},
            .company = {{"A", "company"}},
            .credentials = {{5, "Fio", 15, {{"A", "credential"}}}},
            .runtemplate = {{"A", "template"}},
            .launch_json = {{"A", "json"}},
            .launch = {{"A", "launch"}},
            .company_id = 15,
            .temporary_directory = "/tmp/job/"};
}

Environment assembled(const EnvironmentLayers& layers) {
    auto environment = assemble_environment(layers);
    REQUIRE_MESSAGE(environment, (environment ? "" : environment.error().message));
    return *std::move(environment);
}

std::string refusal_of(const EnvironmentLayers& layers) {
    auto environment = assemble_environment(layers);
    REQUIRE_FALSE(environment);
    return environment.error().message;
}

std::string value_of(const EnvironmentLayers& layers, std::string_view name) {
    const auto environment = assembled(layers);
    const auto* variable = environment.find(name);
    return variable ? variable->value : "none";
}

}  // namespace

TEST_CASE("the highest layer wins and every layer is kept") {
    auto layers = five_layers();
    const auto all = assembled(layers);
    const auto* a = all.find("A");
    REQUIRE(a);
    CHECK(a->value == "launch");
    CHECK(to_text(a->layer) == "adhoc");
    Texts kept;
    for (const auto& value : a->layers) kept.push_back(to_text(value.layer) + "=" + value.value);
    CHECK(kept == Texts{"application=default", "company=company", "credential:Fio=credential", "runtemplate=template",
                        "adhoc-json=json", "adhoc=launch"});
    layers.launch.clear();
    CHECK(value_of(layers, "A") == "json");
    layers.launch_json.clear();
    CHECK(value_of(layers, "A") == "template");
    layers.runtemplate = {{"A", std::nullopt}};
    CHECK(value_of(layers, "A") == "credential");
    layers.credentials.clear();
    CHECK(value_of(layers, "A") == "company");
    layers.company = {{"A", ""}};
    CHECK(value_of(layers, "A") == "");
    layers.company.clear();
    CHECK(value_of(layers, "A") == "default");
}

TEST_CASE("of a name given twice in one layer the last value counts") {
    const auto environment = assembled({.launch = {{"A", "1"}, {"A", "2"}}});
    CHECK(environment.find("A")->value == "2");
    CHECK(environment.find("A")->layers.size() == 1);
}

TEST_CASE("later credentials win, and a variable of two is pointed out") {
    const auto environment = assembled({.credentials = {{1, "One", 0, {{"U", "1"}, {"V", "1"}}},
                                                        {2, "Two", 0, {{"U", "2"}, {"V", std::nullopt}}},
                                                        {3, "Three", 0, {{"U", "3"}}}}});
    CHECK(environment.find("U")->value == "3");
    CHECK(environment.find("V")->value == "1");
    CHECK(environment.warnings == std::vector<VariableWarning>{{"U", "set by credentials One, Two and Three"}});
}

TEST_CASE("a credential of another company is refused") {
    CHECK(refusal_of({.credentials = {{1, "Foreign", 16, {}}}, .company_id = 15}) ==
          "The credential \"Foreign\" belongs to another company. Remove it from the run template.");
}

TEST_CASE("declared variables without a value are exported empty, required ones are missing") {
    const auto environment =
        assembled({.application = {{.name = "Z", .required = true},
                                   {.name = "B", .default_value = "", .required = true},
                                   {.name = "C", .type = ConfigType::integer, .default_value = "0", .required = true},
                                   {.name = "D"},
                                   {.name = "E", .default_value = "{D}", .required = true}}});
    CHECK(environment.find("D")->value == "");
    CHECK(to_text(environment.find("D")->layer) == "application");
    CHECK(environment.find("D")->layers.empty());
    CHECK(environment.missing_required == Texts{"Z", "B", "E"});
    CHECK(missing_required_reason(environment)
              .starts_with("Required variables without a value: Z, B, E. Set them in the run template, or for"));
    CHECK(missing_required_reason(assembled({})) == "");
    CHECK(missing_required_reason(assembled({.application = {{.name = "Z", .required = true}}}))
              .starts_with("Required variable without a value: Z. Set it "));
}

TEST_CASE("defaults are exported in their canonical form, values of other layers as they are") {
    const std::vector<DeclaredVariable> declared{{.name = "B", .type = ConfigType::bool_, .default_value = "True"},
                                                 {.name = "F", .type = ConfigType::float_, .default_value = "2.50"}};
    CHECK(value_of({.application = declared}, "B") == "1");
    CHECK(value_of({.application = declared}, "F") == "2.5");
    CHECK(value_of({.application = declared, .runtemplate = {{"B", "True"}}}, "B") == "True");
    const auto odd = assembled({.application = {{.name = "N", .type = ConfigType::integer, .default_value = "12abc"}}});
    CHECK(odd.find("N")->value == "12abc");
    CHECK(odd.warnings == std::vector<VariableWarning>{{"N", "the default is no integer value, passed on unchanged"}});
}

TEST_CASE("platform names cannot be spoofed by any layer") {
    for (auto set : {+[](EnvironmentLayers& l) {
                         l.application.push_back({.name = "MULTIFLEXI_JOB_ID", .default_value = "9", .required = true});
                     },
                     +[](EnvironmentLayers& l) {
                         l.company.push_back({"MULTIFLEXI_JOB_ID", "9"});
                     },
                     +[](EnvironmentLayers& l) {
                         l.credentials.push_back({1, "C", 0, {{"MULTIFLEXI_JOB_ID", "9"}}});
                     },
                     +[](EnvironmentLayers& l) {
                         l.runtemplate.push_back({"MULTIFLEXI_JOB_ID", "9"});
                     },
                     +[](EnvironmentLayers& l) {
                         l.launch_json.push_back({"MULTIFLEXI_JOB_ID", "9"});
                     },
                     +[](EnvironmentLayers& l) {
                         l.launch.push_back({"MULTIFLEXI_JOB_ID", "9"});
                     }}) {
        EnvironmentLayers layers{.platform = {{"MULTIFLEXI_JOB_ID", "1001"}}};
        set(layers);
        auto environment = assembled(layers);
        CHECK(environment.find("MULTIFLEXI_JOB_ID")->value == "1001");
        CHECK(environment.find("MULTIFLEXI_JOB_ID")->layers.size() == 1);
        REQUIRE(environment.warnings.size() == 1);
        CHECK(environment.warnings[0].name == "MULTIFLEXI_JOB_ID");
        layers.platform.clear();
        environment = assembled(layers);
        CHECK(environment.find("MULTIFLEXI_JOB_ID") == nullptr);
        CHECK(environment.missing_required.empty());
    }
    CHECK(assembled({.launch = {{"MULTIFLEXI_X", "1"}}}).warnings[0].message == "reserved, adhoc value ignored");
}

TEST_CASE("a name of the platform is no template") {
    const auto environment = assembled({.launch = {{"P", "x"}, {"N", "<{MULTIFLEXI_COMPANY_NAME}>"}},
                                        .platform = {{"MULTIFLEXI_COMPANY_NAME", "{P}"}}});
    CHECK(environment.find("MULTIFLEXI_COMPANY_NAME")->value == "{P}");
    CHECK(environment.find("N")->value == "<{P}>");
}

TEST_CASE("dangerous and malformed names stop the job, all of them named") {
    const auto result = assemble_environment(
        {.company = {{"PYTHONPATH", "/x"}}, .runtemplate = {{"LD_PRELOAD", "/tmp/x.so"}, {"A=B", "1"}}});
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("environment name LD_PRELOAD is not allowed") != std::string::npos);
    CHECK(result.error().message.find("It stands in the run template.") != std::string::npos);
    Texts fields;
    for (const auto& field : result.error().fields) fields.push_back(field.field);
    CHECK(fields == Texts{"PYTHONPATH", "LD_PRELOAD", "A=B"});
    CHECK(value_of({.launch = {{"HOME", "/h"}}, .allowed_names = {"HOME"}}, "HOME") == "/h");
    CHECK_FALSE(assemble_environment({.application = {{.name = "LD_PRELOAD"}}}));
    CHECK_FALSE(assemble_environment({.credentials = {{1, "C", 0, {{"BASH_ENV", std::nullopt}}}}}));
    CHECK(value_of({.launch = {{"BANKA+", "1"}, {"BANKA-", "2"}, {"foo", "3"}, {"FOO", "4"}}}, "BANKA-") == "2");
}

TEST_CASE("no value carries a NUL byte, not even a shadowed one") {
    CHECK(refusal_of({.runtemplate = {{"A", std::string("x\0y", 3)}}}).starts_with("A: value contains a NUL byte"));
    CHECK_FALSE(assemble_environment({.company = {{"A", std::string(1, '\0')}}, .launch = {{"A", "x"}}}));
}

TEST_CASE("values beyond what a process can be given are refused") {
    CHECK(refusal_of({.launch = {{"BIG", std::string(140'000, 'x')}}})
              .starts_with("BIG: the value has more than 131072 bytes"));
}

TEST_CASE("a secret of any layer is masked in all") {
    auto layers = five_layers();
    layers.credentials[0].values[0].secret = true;
    const auto environment = assembled(layers);
    const auto* a = environment.find("A");
    CHECK(a->secret);
    CHECK(shown_value(*a) == "••••••••");
    CHECK(shown_value(*a, a->layers[0]) == "••••••••");
    CHECK(environment.secrets() == Texts{"launch"});
    const auto unset = assembled({.application = {{.name = "P", .type = ConfigType::password},
                                                  {.name = "S", .default_value = "x", .secret = true}}});
    CHECK(shown_value(*unset.find("P")) == "(not set)");
    CHECK(unset.find("S")->secret);
    const auto built = assembled({.application = {{.name = "P", .type = ConfigType::password, .default_value = "pw"},
                                                  {.name = "U", .default_value = "x-{P}"}}});
    CHECK(built.find("U")->value == "x-pw");
    CHECK(shown_value(*built.find("U")) == "••••••••");
    CHECK(shown_value(*assembled({.launch = {{"A", ""}}}).find("A")) == "");
    // A credential that declares a secret without giving it protects what others give.
    CHECK(assembled({.credentials = {{1, "C", 0, {{"T", std::nullopt, true}}}}, .launch = {{"T", "x"}}})
              .find("T")
              ->secret);
}

TEST_CASE("RESULT_FILE lies in the directory of the job") {
    const auto result_file = [](const std::string& value) {
        return value_of({.runtemplate = {{"RESULT_FILE", value}, {"N", "7"}},
                         .platform = {{"MULTIFLEXI_TMP", "/tmp/job"}},
                         .temporary_directory = "/tmp/job/"},
                        "RESULT_FILE");
    };
    CHECK(result_file("r.json") == "/tmp/job/r.json");
    CHECK(result_file("sub/r_{N}.json") == "/tmp/job/sub/r_7.json");
    CHECK(result_file("{MULTIFLEXI_TMP}/r.json") == "/tmp/job/r.json");
    CHECK(result_file("/var/x.json") == "/var/x.json");
    CHECK(result_file("php://stdout") == "php://stdout");
    CHECK(result_file("") == "");
    CHECK(result_file("a..b") == "/tmp/job/a..b");
    for (const auto bad : {"../x", "a/../../x", "..", "/tmp/../etc/x", "{UP}/x"})
        CHECK(refusal_of({.runtemplate = {{"RESULT_FILE", bad}, {"UP", ".."}}, .temporary_directory = "/tmp/job"})
                  .starts_with("RESULT_FILE: the path must not contain"));
    CHECK(value_of({.runtemplate = {{"OTHER_FILE", "r.json"}}, .temporary_directory = "/tmp/job"}, "OTHER_FILE") ==
          "r.json");
}

TEST_CASE("the platform describes the job") {
    const auto variables = platform_variables({.job_id = 1,
                                               .application_name = "Probe",
                                               .company_code = "ACME",
                                               .executor = "Native",
                                               .temporary_directory = "/t"});
    CHECK(variables.size() == 13);
    CHECK(variables.at("MULTIFLEXI_JOB_ID") == "1");
    CHECK(variables.at("MULTIFLEXI_TMP") == "/t");
    CHECK_FALSE(variables.at("MULTIFLEXI_VERSION").empty());
    for (const auto& [name, value] : variables) CHECK((is_reserved_name(name) || name == "TMPDIR"));
}

TEST_CASE("the winner is the highest layer that has the variable") {
    CHECK(rc::check("winner", [](std::vector<std::pair<bool, std::string>> drawn) {
        drawn.resize(5);
        std::vector<std::optional<std::string>> values(5);
        for (std::size_t i = 0; i < 5; ++i) {
            std::erase_if(drawn[i].second, [](char c) { return c == '\0' || c == '{'; });
            if (drawn[i].first) values[i] = drawn[i].second;
        }
        const EnvironmentLayers layers{.application = {{.name = "A", .default_value = values[0]}},
                                       .company = {{"A", values[1]}},
                                       .credentials = {{1, "C", 0, {{"A", values[2]}}}},
                                       .runtemplate = {{"A", values[3]}},
                                       .launch = {{"A", values[4]}}};
        const auto environment = assemble_environment(layers);
        RC_ASSERT(bool(environment));
        std::string expected;
        std::size_t given = 0;
        for (const auto& value : values) {
            if (!value) continue;
            expected = *value;
            ++given;
        }
        RC_ASSERT(environment->variables.size() == 1u);
        RC_ASSERT(environment->variables[0].value == expected);
        RC_ASSERT(environment->variables[0].layers.size() == given);
    }));
}

TEST_CASE("a process inherits what it needs and nothing of the server's settings") {
    const EnvironmentMap server{{"PATH", "/bin"},
                                {"HOME", "/h"},
                                {"LANG", "C.UTF-8"},
                                {"LC_ALL", "C"},
                                {"TZ", "UTC"},
                                {"USER", "u"},
                                {"SHELL", "/x"},
                                {"DB_PASSWORD", "p"},
                                {"DB_HOST", "h"},
                                {"ENCRYPTION_MASTER_KEY", "k"},
                                {"TMPDIR", "/tmp"},
                                {"LD_PRELOAD", "x"},
                                {"MULTIFLEXI_TOKEN", "t"},
                                {"path", "x"},
                                {"NOTIFY_SOCKET", "n"}};
    CHECK(inherited_environment(server) ==
          EnvironmentMap{
              {"PATH", "/bin"}, {"HOME", "/h"}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C"}, {"TZ", "UTC"}, {"USER", "u"}});
    CHECK(inherited_environment({}).at("PATH").starts_with("/usr/local/sbin:"));
}

TEST_CASE("what comes from the server is the lowest layer, is found by placeholders, and is never expanded itself") {
    const auto environment = assembled(
        {.process = inherited_variables({{"LANG", "C"}, {"HOME", "/h/{LANG}"}, {"API_TOKEN", "t0k3n"}}),
         .application = {{.name = "LANG", .default_value = "cs_CZ"}, {.name = "PLACE", .default_value = "{HOME}/x"}},
         .launch = {{"TMPDIR", "/evil"}},
         .platform = platform_variables({.temporary_directory = "/job"})});
    CHECK(environment.find("HOME")->value == "/h/{LANG}");
    CHECK(environment.find("PLACE")->value == "/h/{LANG}/x");
    CHECK(environment.find("API_TOKEN")->secret);
    const auto& language = *environment.find("LANG");
    CHECK(language.value == "cs_CZ");
    REQUIRE(language.layers.size() == 2);
    CHECK(to_text(language.layers[0].layer) == "process");
    CHECK(language.layers[0].value == "C");
    CHECK(environment.find("TMPDIR")->value == "/job");
    CHECK(environment.find("TMPDIR")->layers.size() == 2);
    REQUIRE(environment.warnings.size() == 1);
    CHECK(environment.warnings[0].name == "TMPDIR");
    CHECK(render_env_file(environment, "", Secrets::masked).find("HOME=") == std::string::npos);
}

TEST_CASE("environment files can be read back by a shell") {
    const auto environment =
        assembled({.application = {{.name = "P", .type = ConfigType::password, .default_value = "pw"}},
                   .launch = {{"B", "it's $x `y`"}, {"A", "two\nlines"}, {"1ABC", "x\nrm -rf /"}, {"E", ""}}});
    CHECK(render_env_file(environment, "Job 7\r\nof Acme\n", Secrets::masked) ==
          "# Job 7 \n# of Acme\n# \"1ABC\" is left out: no shell can set this name.\nA='two\nlines'\nB='it'\\''s "
          "$x `y`'\nE=''\n# P='••••••••'\n");
    CHECK(render_env_file(environment, "", Secrets::revealed).ends_with("\nP='pw'\n"));
}
