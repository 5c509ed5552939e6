// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct Desk : testing::Desk {
    Desk() : testing::Desk(*parse_time("2026-03-02 02:00", Timestamp{}, Zone::utc())) {}

    json::object input(json::object more) const {
        json::object out{{"name", "R"}, {"app_id", application.id.value}, {"company_id", company.id.value}};
        for (const auto& [key, value] : more) out[key] = value;
        return out;
    }
    std::string refusal(json::object more) { return error_of("runtemplate:create", input(std::move(more))).message; }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a name that begins with a digit is taken only where an application declares it") {
    Desk desk;
    CHECK(has(desk.refusal({{"config", {{"1A", "1"}}}}), "begins with a digit"));
    const auto company = [&](std::string_view name) {
        return json::object{{"company_id", desk.company.id.value}, {"name", name}, {"value", "x"}};
    };
    CHECK(has(desk.error_of("company:variable-set", company("1A")).message, "begins with a digit"));
    const auto imported = desk.run(
        "application:import",
        {{"document", R"({"name":"Digits","description":"d","executable":"e","environment":{"1A":{"type":"string"}}})"},
         {"file", "f.json"}});
    REQUIRE(imported);
    bool told = false;
    for (const auto& finding : imported->at("findings").as_array())
        told = told || (finding.at("severity") == "note" && finding.at("pointer") == "/environment/1A");
    CHECK(told);
    CHECK(desk.run("runtemplate:create", desk.input({{"app_id", imported->at("id")}, {"config", {{"1A", "1"}}}})));
    CHECK(desk.run("company:variable-set", company("1A")));
}
