// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct InputDesk : testing::Desk {
    json::object input(json::object more) const {
        json::object out{{"name", "R"}, {"app_id", application.id.value}, {"company_id", company.id.value}};
        for (const auto& [key, value] : more) out[key] = value;
        return out;
    }
    std::string refusal(json::object more) { return error_of("runtemplate:create", input(std::move(more))).message; }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("an interval and an expression that do not belong together are told apart from a wrong expression") {
    InputDesk desk;
    CHECK(has(desk.refusal({{"interv", "h"}, {"cron", "0 1 * * *"}}), "has no use for a cron expression"));
    CHECK(has(desk.refusal({{"interv", "c"}}), "needs a cron expression (--cron)"));
}

TEST_CASE("every part that is wrong is told at once, whether its form or its meaning") {
    InputDesk desk;
    const auto complained = [](const Error& error) {
        std::set<std::string> out;
        for (const auto& each : error.fields) out.insert(each.field);
        return out;
    };
    json::object wrong{{"interv", "fortnightly"}, {"cron", "61 * * * *"},     {"executor", "warp"},
                       {"zone", "Europe/Brno"},   {"active", "perhaps"},      {"delay", "soon"},
                       {"time_limit", 5.5},       {"catch_up_limit", 0},      {"max_attempts", "many"},
                       {"deadline_offset", "x"},  {"runs_on", "gpu linux/b"}, {"colour", "red"}};
    const auto some = complained(desk.error_of("runtemplate:create", desk.input(wrong)));
    for (const auto& [name, value] : wrong) {
        CAPTURE(name);
        CHECK(some.contains(std::string(name)));
    }
    CHECK(some.size() == wrong.size());
    const auto made = desk.run("runtemplate:create", desk.input({{"interv", "c"}, {"cron", "5 4 * * *"}}));
    REQUIRE(made);
    wrong["id"] = made->at("id");
    CHECK(complained(desk.error_of("runtemplate:update", wrong)) == some);
    // What an update leaves out is not missing.
    CHECK(desk.run("runtemplate:update", {{"id", made->at("id")}, {"interv", "c"}}));
    CHECK(desk.run("runtemplate:update", {{"id", made->at("id")}, {"interv", "d"}}));
    CHECK(desk.run("runtemplate:update", {{"id", made->at("id")}, {"cron", ""}, {"anchor", "02:00"}}));
}

TEST_CASE("who changes the interval learns of the anchor that was stored before") {
    InputDesk desk;
    const auto made = desk.run("runtemplate:create", desk.input({{"interv", "d"}, {"anchor", "02:00"}}));
    REQUIRE(made);
    const json::object update{{"id", made->at("id")}, {"interv", "i"}};
    const auto error = desk.error_of("runtemplate:update", update);
    CHECK(error.message.starts_with("The run template has the --anchor 02:00 from before: "));
    CHECK(has(error.message, "--anchor ''"));
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].message == error.message);
    // Of one that is given now nothing else needs to be said.
    CHECK_FALSE(has(desk.refusal({{"interv", "i"}, {"anchor", "02:00"}}), "from before"));
    auto without = update;
    without["anchor"] = "";
    CHECK(desk.run("runtemplate:update", without));
}

TEST_CASE("coming runs in another zone say both zones") {
    InputDesk desk;
    const auto made =
        desk.run("runtemplate:create", desk.input({{"interv", "d"}, {"anchor", "02:30"}, {"zone", "Europe/Prague"}}));
    REQUIRE(made);
    auto next = desk.run("runtemplate:next", {{"id", made->at("id")}, {"zone", "UTC"}, {"count", 1}});
    REQUIRE(next);
    CHECK(next->at("zone") == "Europe/Prague");
    CHECK(next->at("shown_in") == "UTC");
    CHECK(to_text(next->at("next")) == R"(["2026-03-03T01:30:00+00:00"])");
    next = desk.run("runtemplate:next", {{"id", made->at("id")}, {"count", 1}});
    REQUIRE(next);
    CHECK(next->at("shown_in") == "Europe/Prague");
}

TEST_CASE("values and names that are not UTF-8 are refused, not stored as something else") {
    InputDesk desk;
    CHECK(has(desk.refusal({{"config", {{"PASSWORD", "p\xe9ssw"}}}}), "config is not valid UTF-8"));
    CHECK(has(desk.refusal({{"config", {{"P\xc9", "x"}}}}), "config is not valid UTF-8"));
    // Of a definition its reader says what is wrong, and where.
    const auto error = desk.error_of("application:import", {{"document", "{\"name\":\"\xe9\"}"}, {"file", "f.json"}});
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].code == "json_syntax");
}

TEST_CASE("a name that begins with a digit is taken only where an application declares it") {
    InputDesk desk;
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

TEST_CASE("labels are stored in one order; what is no label is refused") {
    InputDesk desk;
    const auto made = desk.run("runtemplate:create", desk.input({{"runs_on", "gpu , eu,gpu"}}));
    REQUIRE(made);
    CHECK(made->at("runs_on") == "eu,gpu");
    const auto error = desk.error_of("runtemplate:update", {{"id", made->at("id")}, {"runs_on", "EU"}});
    CHECK(has(error.message, "'EU' is not a label"));
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].field == "runs_on");
    const auto job = desk.run("runtemplate:schedule", {{"id", made->at("id")}});
    REQUIRE(job);
    CHECK(desk.claim().empty());
    // What is queued follows, and the server looks at once.
    REQUIRE(desk.run("runtemplate:update", {{"id", made->at("id")}, {"runs_on", ""}}));
    CHECK(desk.woken);
    CHECK(desk.claim().size() == 1);
}
