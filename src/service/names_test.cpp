// SPDX-License-Identifier: MIT
#include "support/credential_desk.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct NamesDesk : testing::PeopleDesk {
    /// Is it refused with a complaint about this field?
    bool refuses(std::string_view operation, json::object input, std::string_view field) {
        const auto error = error_of(operation, input);
        return error.code == ErrorCode::invalid && !error.fields.empty() && error.fields.front().field == field;
    }
};

json::object person(std::string_view login) { return {{"login", login}, {"email", "a@example.com"}}; }

}  // namespace

TEST_CASE("a login is no number and has no character that nobody sees; one that is there goes on") {
    NamesDesk desk;
    for (const auto* login : {"7", "0042", "ali\u200Bce", "alice\uFEFF", "al\u00ADice", "al\u2060ice", "\u3164"}) {
        CAPTURE(login);
        CHECK(desk.refuses("user:create", person(login), "login"));
    }
    CHECK(desk.error_of("user:create", person("7")).message ==
          "A login of digits only could be taken for the number of another user. Add a letter.");
    REQUIRE(desk.run("user:create", person("žofie-7")));
    const auto old = desk.add_person("1234"), alice = desk.add_person("alice");
    CHECK(desk.run("user:update", {{"id", old.id.value}, {"firstname", "Old"}}));
    CHECK(desk.run("user:update", {{"id", old.id.value}, {"login", "1234"}, {"lastname", "Hand"}}));
    CHECK(desk.refuses("user:update", {{"id", alice.id.value}, {"login", "77"}}, "login"));
}

TEST_CASE("the first administrator cannot have a number as login either") {
    NamesDesk desk;
    const std::string link(testing::must(desk.run("user:setup-link", {})).at("path").as_string());
    const std::string token = link.substr(link.find('=') + 1);
    const auto setup = [&](std::string_view login) {
        return desk.run("account:setup", {{"token", token}, {"login", login}, {"password", testing::good_password}});
    };
    const auto refused = setup("42");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fields.front().field == "login");
    CHECK(setup("root-42"));
}

TEST_CASE("names have no control characters and no marks that turn the writing") {
    NamesDesk desk;
    const auto company = desk.company.id.value;
    const auto origin = desk.add_run_template();
    REQUIRE(desk.run("credential-prototype:import",
                     {{"document", to_text(testing::bank_prototype())}, {"file", "bank.credprototype.json"}}));
    const auto type = testing::must(desk.run("credential-type:create", {{"company_id", company}, {"class", "Bank"}}));
    const json::object credential{{"company_id", company}, {"credential_type_id", type.at("id")}};
    const auto with = [](json::object input, std::string_view key, std::string_view value) {
        input[key] = value;
        return input;
    };
    const auto made = testing::must(desk.run("credential:create", with(credential, "name", "Main")));
    for (const auto* name : {"a\nb", "a\x1B[31mb", "a\x7F", "a\u0085b", "a\u202Eb", "a\u2028b"}) {
        CAPTURE(name);
        CHECK(desk.refuses("company:create", {{"name", name}}, "name"));
        CHECK(desk.refuses("company:update", {{"id", company}, {"name", name}}, "name"));
        CHECK(desk.refuses("runtemplate:create",
                           {{"name", name}, {"app_id", desk.application.id.value}, {"company_id", company}}, "name"));
        CHECK(desk.refuses("runtemplate:update", {{"id", origin.id.value}, {"name", name}}, "name"));
        CHECK(desk.refuses("credential:create", with(credential, "name", name), "name"));
        CHECK(desk.refuses("credential:update", {{"id", made.at("id")}, {"name", name}}, "name"));
        CHECK(desk.refuses("credential-type:create", {{"company_id", company}, {"class", "Bank"}, {"name", name}},
                           "name"));
        CHECK(desk.refuses("credential-type:update", {{"id", type.at("id")}, {"name", name}}, "name"));
        CHECK(desk.refuses("user:create", with(person("bob"), "firstname", name), "firstname"));
        CHECK(desk.refuses("user:create", with(person("bob"), "lastname", name), "lastname"));
    }
    // Joined as Persian and families of pictures are.
    CHECK(desk.run("company:create", {{"name", "می\u200Cخواهم 👩\u200D💻"}}));
}
