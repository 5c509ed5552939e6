// SPDX-License-Identifier: MIT
#include "support/desk.h"

#include <doctest/doctest.h>

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
