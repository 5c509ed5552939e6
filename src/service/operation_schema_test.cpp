// SPDX-License-Identifier: MIT
#include "service/operation_schema.h"

#include "support/tenants_desk.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("every operation has a schema of its input") {
    for (const auto& operation : all_operations()) {
        CAPTURE(operation.name);
        const auto schema = input_schema(operation);
        CHECK(schema.at("type") == "object");
        CHECK(schema.at("additionalProperties") == false);
        for (const auto& [name, property] : schema.at("properties").as_object()) {
            CAPTURE(std::string_view(name));
            CHECK(property.as_object().contains("type"));
            CHECK(property.as_object().contains("description"));
        }
    }
}

TEST_CASE("a company is named by its number or its code") {
    const auto operations = all_operations();
    const auto schema = input_schema(*std::ranges::find(operations, "job:list", &Operation::name));
    CHECK(to_text(schema.at("properties").at("company_id")) ==
          R"({"type":["integer","string"],"description":"Only of this company: its number or its code"})");
}

TEST_CASE("operations that disclose secrets say so, and no others do it") {
    constexpr std::string_view canary = "canary-7f3a";
    for (const auto& operation : all_operations()) {
        CAPTURE(operation.name);
        testing::TenantsDesk desk;
        desk.add(ApplicationField{
            .application_id = desk.application.id, .name = "API_KEY", .type = "password", .secret = true});
        const auto of = desk.furnish(desk.company);
        testing::must(desk.run("credential:update", {{"id", of.credential}, {"fields", {{"BANK_TOKEN", canary}}}}));
        testing::must(desk.run("runtemplate:update", {{"id", of.origin.id.value}, {"config", {{"API_KEY", canary}}}}));
        testing::must(
            desk.run("company:variable-set",
                     {{"company_id", of.company.id.value}, {"name", "HIDDEN"}, {"value", canary}, {"secret", true}}));
        desk.add(Node{.name = "node", .roles = "executor", .started_at = desk.moment, .stopped_at = desk.moment});
        const auto answer = desk.run(operation.name, desk.example(operation, of));
        const auto text = answer ? to_text(*answer) : std::string();
        const auto tells = [&](std::string_view part) { return text.find(part) != std::string::npos; };
        bool tells_secret =
            tells(canary) || tells("token=mf") || tells("otpauth://") || tells("\"recovery_codes\":[\"");
        if (const auto* record = answer ? answer->if_object() : nullptr)
            if (const auto* token = record->if_contains("token"))
                tells_secret |= token->is_string() && !token->get_string().ends_with("...");
        CHECK(tells_secret == (operation.discloses == Discloses::secret));
    }
}
