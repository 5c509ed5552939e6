// SPDX-License-Identifier: MIT
#include "mcp/tools.h"

#include "support/assistant.h"
#include "support/tenants_desk.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

using namespace mf;
using testing::Assistant;
using testing::Desk;
using testing::TenantsDesk;

namespace {

Rights rights_in(const Company& company, CompanyRole role) {
    Rights out;
    out.grant(company.id, role);
    return out;
}

bool has_tool(const std::vector<std::string>& tools, std::string_view name) {
    return std::ranges::find(tools, name) != tools.end();
}

}  // namespace

TEST_CASE("every operation has a name of its own as a tool, in the letters that clients allow") {
    std::set<std::string> names;
    const auto operations = all_operations();
    for (const auto& operation : operations) {
        const auto name = mcp::tool_name(operation.name);
        names.insert(name);
        CHECK(name.size() <= 64);
        CHECK(std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
    }
    CHECK(names.size() == operations.size());
}

TEST_CASE("nothing that discloses secrets or concerns sign-in is ever offered") {
    Desk desk;
    Assistant assistant(desk, Rights::unlimited(), Assistant::changing());
    assistant.begin();
    const auto tools = assistant.tools();
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        const std::string_view of = std::string_view(operation.name).substr(0, operation.name.find(':'));
        const bool changes = operation.access == Access::changes;
        const bool people = of == "user" || of == "user-role" || of == "user-company" || of == "user-erasure";
        const std::string_view stores[] = {"credential:create",      "credential:update",      "credential:rotate",
                                           "credential-type:create", "credential-type:update", "company:variable-set"};
        const bool never = operation.discloses == Discloses::secret || of == "account" || of == "token" ||
                           (people && changes) || operation.name == "telemetry:test" ||
                           std::ranges::find(stores, operation.name) != std::end(stores);
        CHECK(has_tool(tools, mcp::tool_name(operation.name)) == !never);
        if (!never) continue;
        CHECK(assistant.refused(mcp::tool_name(operation.name)).ends_with("multiflexi-cli."));
    }
    CHECK(assistant.performed.empty());
    CHECK(has_tool(tools, "user_list"));
    CHECK(to_text(assistant.result("tools/list")).find("writeOnly") == std::string::npos);
}

TEST_CASE("without leave to change, only reading tools are there") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    const auto tools = assistant.tools();
    for (const auto& operation : desk.operations)
        if (operation.access == Access::changes) CHECK_FALSE(has_tool(tools, mcp::tool_name(operation.name)));
    CHECK(has_tool(tools, "job_list"));
    const auto before = desk.dump(true);
    CHECK(assistant.refused("company_create", {{"name", "Acme"}}) ==
          "'company:create' changes something, and this server only reads for assistants. Start it with "
          "--allow-changes.");
    CHECK(desk.dump(true) == before);
    CHECK(assistant.performed.empty());
}

TEST_CASE("tools are described for the revision of the client") {
    Desk desk;
    const auto described = [&](std::string_view revision, std::string_view name) {
        Assistant assistant(desk, Rights::unlimited(), Assistant::changing());
        assistant.begin(revision);
        json::object params;
        for (;;) {
            const auto page = assistant.result("tools/list", params);
            for (const auto& tool : page.at("tools").as_array())
                if (tool.at("name").as_string() == name) return tool.as_object();
            params = {{"cursor", page.at("nextCursor")}};
        }
    };
    const auto old = described("2024-11-05", "job_create");
    for (const auto* newer : {"annotations", "title", "outputSchema"}) CHECK_FALSE(old.contains(newer));
    const auto middle = described("2025-03-26", "job_create");
    CHECK(middle.contains("annotations"));
    CHECK_FALSE(middle.contains("outputSchema"));
    const auto create = described("2025-06-18", "company_create");
    CHECK(create.at("title") == "company:create");
    CHECK(create.at("outputSchema").at("type") == "object");
    CHECK(create.at("outputSchema").at("properties").as_object().contains("code"));
    CHECK(to_text(described("2025-06-18", "job_create").at("annotations")) ==
          R"({"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":true})");
    CHECK(to_text(described("2025-06-18", "job_delete").at("annotations")) ==
          R"({"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":false})");
    CHECK(described("2025-06-18", "job_cancel").at("annotations").at("destructiveHint") == true);
    CHECK(described("2025-06-18", "runtemplate_update").at("annotations").at("destructiveHint") == true);
    const auto list = described("2025-06-18", "job_list");
    CHECK(list.at("annotations").at("readOnlyHint") == true);
    CHECK(list.at("description") == "List jobs. At most 50 at once, unless 'limit' says otherwise.");
    CHECK(to_text(list.at("inputSchema").at("properties").at("limit")) ==
          R"({"type":"integer","description":"At most so many records","default":50,"minimum":1,"maximum":1000})");
}

TEST_CASE("tools come in pages") {
    Desk desk;
    auto options = Assistant::reading();
    options.tools_per_page = 7;
    Assistant assistant(desk, Rights::unlimited(), options);
    assistant.begin();
    CHECK(assistant.result("tools/list").at("tools").as_array().size() == 7);
    const auto in_pages = assistant.tools();
    Assistant whole(desk);
    whole.begin();
    CHECK(in_pages == whole.tools());
}

TEST_CASE("only what the rights of the caller permit is listed and done") {
    TenantsDesk desk;
    const auto acme = desk.furnish(desk.company), bravo = desk.furnish(desk.add_company("bravo"));
    const auto tools_of = [&](CompanyRole role) {
        Assistant assistant(desk, rights_in(desk.company, role), Assistant::changing());
        assistant.begin();
        return assistant.tools();
    };
    const auto viewer = tools_of(CompanyRole::viewer), manager = tools_of(CompanyRole::manager);
    CHECK(has_tool(viewer, "job_list"));
    CHECK_FALSE(has_tool(viewer, "job_create"));
    CHECK(has_tool(tools_of(CompanyRole::operator_), "job_create"));
    CHECK(has_tool(manager, "credential_remove"));
    CHECK_FALSE(has_tool(manager, "user_list"));

    // What is not listed is refused by the operation, which records the attempt.
    Assistant looker(desk, rights_in(desk.company, CompanyRole::viewer), Assistant::changing());
    looker.begin();
    CHECK(looker.refused("job_create", {{"runtemplate_id", acme.origin.id.value}, {"scheduled", "now"}})
              .starts_with("'job:create' needs the role operator in the company."));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'denied' AND "entry" = 'mcp')") == 1);
    CHECK(looker.call("job_get", {{"id", acme.ended.id.value}}).at("structuredContent").at("id") ==
          acme.ended.id.value);
    CHECK(looker.refused("job_get", {{"id", bravo.ended.id.value}}) == "No job found with given identifier");
    CHECK(to_text(looker.call("job_list")).find("bravo") == std::string::npos);

    // A token that may do less than its owner.
    Assistant bounded(desk, rights_in(desk.company, CompanyRole::manager).within({Permission::view}, {}),
                      Assistant::changing());
    bounded.begin();
    const auto within_token = bounded.tools();
    CHECK(has_tool(within_token, "job_list"));
    CHECK_FALSE(has_tool(within_token, "job_create"));
    CHECK_FALSE(has_tool(within_token, "application_list"));

    // Nobody at all.
    Assistant nobody(desk, Rights{}, Assistant::changing());
    nobody.begin();
    CHECK(nobody.tools().empty());
    CHECK(nobody.result("resources/list").at("resources").as_array().empty());
}

TEST_CASE("a change is made, answered and audited as one of an assistant") {
    Desk desk;
    Assistant assistant(desk, Rights::unlimited(), Assistant::changing());
    assistant.begin();
    const auto template_id = desk.add_run_template().id.value;
    const auto made = assistant.call("job_create", {{"runtemplate_id", template_id}, {"scheduled", "now"}});
    CHECK_FALSE(made.contains("isError"));
    CHECK(made.at("structuredContent").at("state") == "pending");
    CHECK(made.at("content").at(0).at("text").as_string() == to_text(made.at("structuredContent")));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'job' AND "entry" = 'mcp')") == 1);
}

TEST_CASE("errors of operations are results that the assistant can read") {
    Desk desk;
    Assistant assistant(desk, Rights::unlimited(), Assistant::changing());
    assistant.begin();
    CHECK(assistant.refused("job_get", {{"id", "x"}, {"nonsense", 1}}) ==
          "id must be a whole number; nonsense is not known.");
    CHECK(assistant.refused("job_get", {{"id", 77}}) == "No job found with given identifier");
    CHECK(assistant.refused("job_list", {{"company_id", "nobody"}}) == "There is no company with the code 'nobody'.");
}

TEST_CASE("lists are bounded, and say so") {
    Desk desk;
    for (int i = 0; i < 60; ++i) desk.add_company(fmt::format("c{:02}", i));
    Assistant assistant(desk);
    assistant.begin();
    const auto usual = assistant.call("company_list");
    CHECK(usual.at("structuredContent").at("items").as_array().size() == 50);
    CHECK(usual.at("structuredContent").at("more") == true);
    CHECK(usual.at("content").at(1).at("text").as_string().starts_with("There are more records than these 50."));
    const auto last = usual.at("structuredContent").at("items").at(49).at("id");
    const auto rest = assistant.call("company_list", {{"after", last}});
    CHECK(rest.at("structuredContent").at("items").as_array().size() == 11);
    CHECK_FALSE(rest.at("structuredContent").as_object().contains("more"));
    CHECK(rest.at("content").as_array().size() == 1);
    CHECK(assistant.call("company_list", {{"limit", 61}}).at("content").as_array().size() == 1);
    CHECK(assistant.call("company_list", {{"limit", "3"}}).at("structuredContent").at("items").as_array().size() == 3);
    auto options = Assistant::reading();
    options.most_records = 10;
    Assistant bounded(desk, Rights::unlimited(), options);
    bounded.begin("2025-03-26");
    const auto most = bounded.call("company_list", {{"limit", 1000000}});
    CHECK_FALSE(most.contains("structuredContent"));
    CHECK(testing::must(parse_json(most.at("content").at(0).at("text").as_string())).at("items").as_array().size() ==
          10);
    CHECK(bounded.refused("company_list", {{"limit", "x"}}) == "limit must be a whole number.");
}

TEST_CASE("every reading tool answers an administrator, as its schema says") {
    TenantsDesk desk;
    const auto of = desk.furnish(desk.company);
    desk.add(Node{.name = "node", .roles = "executor", .started_at = desk.moment, .stopped_at = desk.moment});
    Assistant assistant(desk);
    assistant.begin();
    for (const auto& operation : desk.operations) {
        if (mcp::offer_of(operation) != mcp::Offer::reads) continue;
        CAPTURE(operation.name);
        const auto said = assistant.call(mcp::tool_name(operation.name), desk.example(operation, of));
        CHECK_FALSE(said.contains("isError"));
        CHECK(said.at("structuredContent").is_object());
        // Of anything else a limit would have another meaning.
        if (mcp::is_bounded_list(operation) || operation.lists)
            CHECK(said.at("structuredContent").as_object().contains("items"));
    }
}
