// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct IdentityDesk : testing::Desk {
    /// The answer to an import of a small definition with these members at its start.
    json::value import(std::string_view members) {
        auto answer =
            run("application:import",
                {{"document", "{" + std::string(members) + R"(,"description":"d","executable":"e","environment":{}})"},
                 {"file", "f.json"}});
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message));
        return *answer;
    }
};

}  // namespace

TEST_CASE("a definition without uuid is known by its name, one without a name, too, by nothing") {
    IdentityDesk desk;
    const auto first = desk.import(R"("name":"Old")");
    CHECK(first.at("action") == "created");
    CHECK(desk.import(R"("name":"Old","version":"2")").at("id") == first.at("id"));

    const auto nameless = desk.import(R"("name":"")");
    const auto other = desk.import(R"("name":{"en":" "},"uuid":"","version":"2")");
    for (const auto& answer : {nameless, other}) {
        CHECK(answer.at("action") == "created");
        CHECK(answer.at("name") == answer.at("uuid"));
    }
    CHECK(nameless.at("id") != other.at("id"));
}

TEST_CASE("what was imported without uuid, its export and that file again are the same to an import") {
    IdentityDesk desk;
    const auto first = desk.import(R"("name":"Old","version":"1")");
    const auto exported = desk.run("application:export", {{"id", first.at("id")}});
    REQUIRE(exported);
    const auto again = desk.run("application:import", {{"document", exported->at("document")}, {"file", "e.json"}});
    REQUIRE(again);
    CHECK(again->at("action") == "unchanged");
    CHECK(again->at("uuid") == first.at("uuid"));
    CHECK(desk.import(R"("name":"Old","version":"1")").at("action") == "unchanged");
    // A real change tells only itself.
    const auto changed = desk.import(R"("name":"Old","version":"2")");
    CHECK(changed.at("action") == "updated");
    CHECK(to_text(changed.at("changes")) == R"({"version":{"from":"1","to":"2"}})");
    CHECK(changed.at("uuid") == first.at("uuid"));
}

TEST_CASE("an import that brings a removed application back says so") {
    IdentityDesk desk;
    constexpr auto members = R"("name":"Back","uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","version":"1")";
    CHECK(desk.import(members).at("restored") == false);
    CHECK(desk.import(members).at("restored") == false);
    REQUIRE(desk.run("application:remove", {{"uuid", "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f"}}));
    const auto back = desk.import(members);
    CHECK(back.at("action") == "updated");
    CHECK(back.at("restored") == true);
}

TEST_CASE("a file that is no definition any more still removes the application of its uuid") {
    IdentityDesk desk;
    const auto made = desk.import(R"("name":"Gone","uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f")");
    const auto refused = [&](std::string_view document) {
        const auto error = desk.error_of("application:remove", {{"document", document}, {"file", "f.json"}});
        return error.fields.empty() ? std::string() : error.fields.front().code;
    };
    CHECK(refused("{\"uuid\":") == "json_syntax");
    CHECK(refused("[]") == "not_an_object");
    CHECK(refused(R"({"uuid":"?"})") == "uuid_invalid");
    CHECK(refused(R"({"name":"Gone"})") == "uuid_missing");
    const auto removed =
        desk.run("application:remove", {{"document", R"({"uuid":"0D6F0C9E-3B5E-4A55-9A0E-2F7F0C1D2E3F"})"}});
    REQUIRE(removed);
    CHECK(removed->at("id") == made.at("id"));
}

TEST_CASE("the uuid of an application is not changed, and never ignored") {
    IdentityDesk desk;
    const auto id = desk.application.id.value;
    const auto error = desk.error_of("application:update", {{"id", id}, {"uuid", "other-identity"}});
    CHECK(error.code == ErrorCode::conflict);
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].field == "uuid");
    CHECK(error.message.find(desk.application.uuid) != std::string::npos);
    CHECK(desk.run("application:update", {{"id", id}, {"uuid", desk.application.uuid}})->at("updated") == false);
}

TEST_CASE("what an application needs is compared with what is installed, which is nothing yet") {
    IdentityDesk desk;
    const auto checked = desk.run(
        "application:validate",
        {{"document",
          R"({"$schema":"https://multiflexi.eu/s","uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","version":"1","name":"N",
              "description":"d","executable":"e","environment":{},"requirements":["SQLServer"]})"}});
    REQUIRE(checked);
    CHECK(checked->at("verdict") == "accept");
    REQUIRE(checked->at("findings").as_array().size() == 1);
    CHECK(checked->at("findings").as_array()[0].at("code") == "unknown_requirement");
    CHECK(checked->at("findings").as_array()[0].at("pointer") == "/requirements/0");
}
