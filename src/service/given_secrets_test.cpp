// SPDX-License-Identifier: MIT
#include "service/job_preparation.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using testing::Desk;

namespace {

/// An application that declares a secret whose name tells nothing, and something open whose name sounds like one.
struct SecretsDesk : Desk {
    SecretsDesk() {
        add(ApplicationField{.application_id = application.id, .name = "PIN", .type = "password"});
        add(ApplicationField{.application_id = application.id, .name = "KEYBOARD", .position = 1, .type = "string"});
    }
    Result<json::value> create(json::object config) {
        return run("runtemplate:create", {{"name", "Bank"},
                                          {"app_id", application.id.value},
                                          {"company_id", company.id.value},
                                          {"config", std::move(config)}});
    }
};

const json::object given{{"PIN", "pin-7788"}, {"KEYBOARD", "qwerty"}, {"MY_API_KEY", "key-7788"}, {"COLOUR", "blue"}};
constexpr std::string_view secrets_of_given = R"(["MY_API_KEY","PIN"])";

}  // namespace

TEST_CASE("answers to given values say which of them are secrets") {
    SecretsDesk desk;
    const auto made = desk.create(given);
    REQUIRE(made);
    CHECK(to_text(made->at("secret_fields")) == secrets_of_given);
    const auto id = made->at("id");
    const auto fields = [&](std::string_view operation, json::object input) {
        const auto answer = desk.run(operation, input);
        REQUIRE(answer);
        return to_text(answer->at("secret_fields"));
    };
    CHECK(fields("runtemplate:update", {{"id", id}, {"config", given}}) == secrets_of_given);
    CHECK(fields("runtemplate:update", {{"id", id}, {"config", {{"COLOUR", "red"}}}}) == "[]");
    CHECK(fields("runtemplate:schedule", {{"id", id}, {"config", {{"PIN", "1234"}}}, {"env", given}}) ==
          R"(["PIN","MY_API_KEY"])");
    CHECK(fields("runtemplate:schedule", {{"id", id}}) == "[]");
    CHECK(fields("job:create", {{"runtemplate_id", id}, {"scheduled", "now"}, {"env", given}}) == secrets_of_given);
}

TEST_CASE("a secret among the arguments of a program brings a warning wherever a run template is saved") {
    SecretsDesk desk;
    desk.change(desk.application.id, [](Application& a) { a.arguments = "-p {PIN} -k ${MY_API_KEY} {KEYBOARD}"; });
    const auto made = desk.create(given);
    REQUIRE(made);
    const auto& warnings = made->at("warnings").as_array();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].as_string() ==
          "The secrets PIN, MY_API_KEY stand in the arguments of the program, where everybody on the machine of a job "
          "can read them while it runs. An application should take them from its environment.");
    desk.change(desk.application.id, [](Application& a) { a.arguments = "{KEYBOARD}"; });
    const auto updated = desk.run("runtemplate:update", {{"id", made->at("id")}, {"note", "x"}});
    REQUIRE(updated);
    CHECK_FALSE(updated->as_object().contains("warnings"));
}

TEST_CASE("values that nobody declares are secrets when their names sound so, and sealed") {
    SecretsDesk desk;
    const auto made = desk.create(given);
    REQUIRE(made);
    const auto id = made->at("id");
    CHECK(to_text(made->at("configuration")) ==
          R"({"PIN":"••••••••","COLOUR":"blue","KEYBOARD":"qwerty","MY_API_KEY":"••••••••"})");
    REQUIRE(desk.run("runtemplate:schedule",
                     {{"id", id}, {"env", {{"OTHER_KEY", "other-7788"}, {"KEYBOARD", "azerty"}, {"SIZE", "xl"}}}}));
    const auto jobs = testing::must(desk.run("job:list", {{"env", true}}));
    const auto& env = jobs.at(0).at("env").as_object();
    CHECK(env.at("OTHER_KEY") == "••••••••");
    CHECK(env.at("MY_API_KEY") == "••••••••");
    CHECK(env.at("KEYBOARD") == "azerty");
    CHECK(env.at("SIZE") == "xl");
    const auto claimed = desk.claim();
    REQUIRE(claimed.size() == 1);
    const auto preparation = desk.database.read([&](Session& session) { return JobPreparation(session, claimed); });
    const auto prepared = preparation.prepare(desk.vault, claimed[0], "/nowhere", {});
    const auto* ready = std::get_if<PreparedJob>(&prepared);
    REQUIRE(ready);
    CHECK(ready->plan.environment.at("OTHER_KEY") == "other-7788");
    CHECK(ready->plan.environment.at("MY_API_KEY") == "key-7788");
    CHECK(ready->environment.find("7788") == std::string::npos);
    CHECK(std::ranges::find(ready->plan.secrets, "other-7788") != ready->plan.secrets.end());
    CHECK(desk.dump(true).find("7788") == std::string::npos);
}

TEST_CASE("a field of a credential decides what its name only suggests") {
    testing::CredentialDesk desk;
    REQUIRE(desk.import_bank(testing::bank_prototype(
        "1.0",
        {{"fields", {{{"keyword", "KEY_NAME"}, {"type", "string"}}, {{"keyword", "PIN"}, {"type", "password"}}}}})));
    const auto type = desk.add_type().at("id").as_int64();
    const auto credential = desk.add_credential(type, {{"KEY_NAME", "first"}, {"PIN", "pin-7788"}}).at("id");
    const auto id = desk.add_run_template().id.value;
    REQUIRE(desk.run("runtemplate:assign-credential", {{"id", id}, {"credential_id", credential}}));
    const auto launched =
        desk.run("runtemplate:schedule", {{"id", id}, {"env", {{"KEY_NAME", "second"}, {"PIN", "1234"}}}});
    REQUIRE(launched);
    CHECK(to_text(launched->at("secret_fields")) == R"(["PIN"])");
    const auto jobs = testing::must(desk.run("job:list", {{"env", true}}));
    CHECK(jobs.at(0).at("env").at("KEY_NAME") == "second");
    CHECK(jobs.at(0).at("env").at("PIN") == testing::masked);
}

TEST_CASE("variables of a company are secrets when they sound so, unless somebody says otherwise") {
    SecretsDesk desk;
    const auto set = [&](std::string_view name, std::optional<bool> secret = {}) {
        json::object input{{"company_id", desk.company.id.value}, {"name", name}, {"value", "v-7788"}};
        if (secret) input["secret"] = *secret;
        return testing::must(desk.run("company:variable-set", input)).at("secret").as_bool();
    };
    CHECK(set("API_TOKEN"));
    CHECK_FALSE(set("COLOUR"));
    CHECK(set("COLOUR", true));
    CHECK(set("COLOUR"));
    CHECK_FALSE(set("KEYBOARD_LAYOUT", false));
    CHECK_FALSE(set("KEYBOARD_LAYOUT"));
    CHECK(set("KEYBOARD_LAYOUT", true));
}
