// SPDX-License-Identifier: MIT
#include "service/application_operations.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/complaints.h"
#include "service/configuration.h"
#include "service/list_filter.h"
#include "service/planning.h"

#include <fmt/format.h>

namespace mf {

struct AssignmentInput {
    std::optional<std::int64_t> company_id, app_id, limit, offset, after;
    std::optional<std::string> app_uuid;
    std::optional<ListOrder> order;
};

template <>
const Entity& entity_of<AssignmentInput>() {
    using I = AssignmentInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::company_id>("company_id", {.help = "Number of the company"}),
                     field<&I::app_id>("app_id", {.help = "Number of the application"}), limit_field<&I::limit>(),
                     offset_field<&I::offset>(), after_field<&I::after>(),
                     field<&I::app_uuid>("app_uuid", {.help = "UUID of the application"}), order_field<&I::order>());
    static constexpr Entity entity{"company_application", "Application of a company", fields};
    return entity;
}

namespace {

/// One row for each run template, as the original's clients expect: its id is what they work with.
Result<json::value> list_assignments(Call& call, const AssignmentInput& input) {
    auto query = query_of(input);
    query.equals.push_back(only_live());
    if (input.company_id) query.equals.emplace_back("company_id", *input.company_id);
    if (input.app_id || input.app_uuid) {
        const auto application = find_application(call, input.app_id, input.app_uuid);
        if (!application) return application.error();
        query.equals.emplace_back("app_id", application->id.value);
    }
    std::map<std::int64_t, Application> applications;
    std::map<std::int64_t, Company> companies;
    json::array out;
    for (const auto& origin : call.repository<RunTemplate>().list(query)) {
        auto& application = applications[origin.app_id.value];
        if (!application.id.value)
            if (auto found = call.repository<Application>().find(origin.app_id)) application = *std::move(found);
        auto& company = companies[origin.company_id.value];
        if (!company.id.value)
            if (auto found = call.repository<Company>().find(origin.company_id)) company = *std::move(found);
        out.push_back({{"id", origin.id.value},
                       {"company_id", company.id.value},
                       {"company_name", company.name},
                       {"company_slug", company.code},
                       {"app_id", application.id.value},
                       {"app_name", application.name},
                       {"app_uuid", application.uuid}});
    }
    return json::value(std::move(out));
}

struct Pair {
    Company company;
    Application application;
};
Result<Pair> pair_of(Call& call, const AssignmentInput& input) {
    Complaints complaints;
    if (!input.company_id) complaints.add(missing_input({"company_id"}));
    if (!input.app_id && !input.app_uuid) complaints.add(missing_input({"app_id", "app_uuid"}));
    if (auto given = complaints.result(); !given) return given.error();
    auto company = company_named(call, std::to_string(*input.company_id));
    if (!company) return company.error();
    auto application = find_application(call, input.app_id, input.app_uuid);
    if (!application) return application.error();
    return Pair{*std::move(company), *std::move(application)};
}

Result<json::value> assign(Call& call, const AssignmentInput& input) {
    const auto pair = pair_of(call, input);
    if (!pair) return pair.error();
    const auto& [company, application] = *pair;
    auto run_templates = call.repository<RunTemplate>();
    const auto existing = run_templates.first(
        {.equals = {{"company_id", company.id.value}, {"app_id", application.id.value}, only_live()}});
    const bool is_new = assign_application(call, company.id, application.id);
    const auto note = [&](std::string_view action, Id<RunTemplate> of) {
        audit(call, {.entity = "company_application",
                     .id = application.id.value,
                     .action = action,
                     .company = company.id,
                     .details = {{"runtemplate_id", of.value}}});
    };
    if (existing && is_new) note("assign", existing->id);
    if (existing)
        return json::value{{"status", "ok"},
                           {"message", "Already assigned"},
                           {"assigned", false},
                           {"company_id", company.id.value},
                           {"app_id", application.id.value},
                           {"runtemplate_id", existing->id.value}};
    RunTemplate made{.app_id = application.id,
                     .company_id = company.id,
                     .name = application.name,
                     .created_at = call.now,
                     .updated_at = call.now};
    plan_from_now(made, {.now = call.now, .pause = pause_of(company, call.now)});
    if (auto inserted = run_templates.insert(made); !inserted) return inserted.error();
    note(is_new ? "assign" : "create_runtemplate", made.id);
    const auto warnings = configuration_warnings(call, made);
    return json::value{{"status", "success"},
                       {"message", "Application assigned to company"},
                       {"assigned", true},
                       {"company_id", company.id.value},
                       {"app_id", application.id.value},
                       {"runtemplate_id", made.id.value},
                       {"warnings", json::array(warnings.begin(), warnings.end())}};
}

Result<json::value> unassign(Call& call, const AssignmentInput& input) {
    const auto pair = pair_of(call, input);
    if (!pair) return pair.error();
    const auto& [company, application] = *pair;
    const ListQuery which{.equals = {{"company_id", company.id.value}, {"app_id", application.id.value}, only_live()}};
    json::array removed;
    for (const auto& origin : call.repository<RunTemplate>().list(which)) removed.emplace_back(origin.id.value);
    retire_run_templates(call, which);
    call.sql().execute(R"(DELETE FROM "company_application" WHERE "company_id" = ? AND "app_id" = ? AND {scope})",
                       {company.id.value, application.id.value});
    audit(call, {.entity = "company_application",
                 .id = application.id.value,
                 .action = "unassign",
                 .company = company.id,
                 .details = {{"removed", removed}}});
    return json::value{{"status", "success"},
                       {"message", "Application unassigned from company"},
                       {"company_id", company.id.value},
                       {"app_id", application.id.value},
                       {"removed_runtemplates", std::move(removed)}};
}

}  // namespace

bool assign_application(Call& call, Id<Company> company, Id<Application> application) {
    auto uses = call.repository<CompanyApplication>();
    if (uses.count({.equals = {{"company_id", company.value}, {"app_id", application.value}}}) > 0) return false;
    CompanyApplication use{.company_id = company, .app_id = application, .created_at = call.now};
    return static_cast<bool>(uses.insert(use));
}

void add_company_application_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"company-app:list", "GET /company-applications", "List which applications companies use.", view},
        list_assignments);
    add(operations,
        {"company-app:assign", "POST /company-applications", "Let a company use an application.", edit, changes},
        assign);
    add(operations,
        {"company-app:unassign", "DELETE /company-applications",
         "End the use of an application; the history of its jobs is kept.", edit, changes},
        unassign);
}

}  // namespace mf
