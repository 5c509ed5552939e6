// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column company_app_columns[] = {
    {.name = "id"},           {.name = "company_id"},
    {.name = "company_name"}, {.name = "company_slug", .source = "company_slug|company_code"},
    {.name = "app_id"},       {.name = "app_name"},
    {.name = "app_uuid"},
};

constexpr Option company_app_options[] = {
    {.name = "company_id", .help = "Id or code of the company"},
    {.name = "app_id", .help = "Id of the application", .aliases = {"application_id"}},
    {.name = "app_uuid", .help = "UUID of the application"},
};

int company_app_assign(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const json::value* assigned = record.if_contains("assigned");
    const bool already = assigned && assigned->is_bool() && !assigned->get_bool();
    const std::string_view message = already ? "Already assigned" : "Application assigned to company";
    json::object document{{"status", already ? "ok" : "success"},
                          {"message", message},
                          {"company_id", member(record, "company_id")},
                          {"app_id", member(record, "app_id")},
                          {"runtemplate_id", member(record, "runtemplate_id")},
                          {"id", member(record, "runtemplate_id|id")}};
    in.add_warnings(document, record);
    return in.answer(document, message);
}

int company_app_unassign(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    json::value removed = member(record, "removed_runtemplates");
    if (!removed.is_array()) removed = json::array();
    constexpr std::string_view message = "Application unassigned from company";
    return in.answer(json::object{{"status", "success"},
                                  {"message", message},
                                  {"company_id", member(record, "company_id")},
                                  {"app_id", member(record, "app_id")},
                                  {"removed_runtemplates", std::move(removed)}},
                     message);
}

constexpr Command company_app_table[] = {
    {.name = "company-app:list",
     .operation = "company-app:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = company_app_columns}); },
     .summary = "Lists which applications are assigned to which companies",
     .options = company_app_options,
     .aliases = {"company-app:get"},
     .lists = true},
    {.name = "company-app:assign",
     .operation = "company-app:assign",
     .run = company_app_assign,
     .summary = "Assigns an application to a company and makes a first run template",
     .options = company_app_options,
     .needs = {"company_id", "app_id|app_uuid"},
     .missing = "Missing --company_id and --app_id or --app_uuid",
     .aliases = {"company-app:create", "company:assign-app"},
     .without = {"limit", "offset", "order"}},
    {.name = "company-app:unassign",
     .operation = "company-app:unassign",
     .run = company_app_unassign,
     .summary = "Takes an application from a company",
     .options = company_app_options,
     .needs = {"company_id", "app_id|app_uuid"},
     .missing = "Missing --company_id and --app_id or --app_uuid",
     .aliases = {"company-app:delete"},
     .without = {"limit", "offset", "order"}},
};

}  // namespace

std::span<const Command> company_app_commands() { return company_app_table; }

}  // namespace mf
