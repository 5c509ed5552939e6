// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"

namespace mf::compatible {
namespace {

/// What the query says of these, as the operation wants it.
json::object filter_from(const Exchange& exchange, std::span<const Taken> names) {
    json::object out;
    for (const auto& [name, key, as] : names)
        if (const auto value = exchange.query(name)) out[key.empty() ? name : key] = *value;
    return out;
}

Result<Answer> list_all_tasks(Exchange& exchange) {
    constexpr Taken filters[] = {{"state"}, {"runtemplate_id"}, {"company_id"}, {"from"}, {"to"}};
    return list(exchange,
                {.operation = "task:list", .columns = task_columns(), .element = "task", .link = "task", .usual = 50},
                filter_from(exchange, filters));
}

Result<Answer> show_task(Exchange& exchange) {
    const auto found = exchange.record("task:get", {{"id", exchange.id()}, {"with_jobs", true}});
    if (!found) return found.error();
    auto shown = shaped(task_columns(), *found, exchange.zone());
    json::array jobs;
    for (const auto& job : found->at("jobs").as_array())
        jobs.push_back(shaped(job_columns(), job.as_object(), exchange.zone()));
    shown["jobs"] = std::move(jobs);
    return Answer{.body = std::move(shown)};
}

Result<Answer> list_audit_log(Exchange& exchange) {
    constexpr Taken filters[] = {{"user_id"}, {"entity_type", "entity"}, {"entity_id"}, {"action"}, {"from"}, {"to"}};
    constexpr Column columns[] = {{"id"},
                                  {"user_id"},
                                  {"login"},
                                  {"entity_type", "entity"},
                                  {"entity_id"},
                                  {"action"},
                                  {"company_id"},
                                  {"address"},
                                  {"additional_data", "details", As::object},
                                  {"created_at", "at", As::time}};
    return list(exchange, {.operation = "audit:list", .columns = columns, .element = "auditlog", .usual = 50},
                filter_from(exchange, filters));
}

constexpr Endpoint task_table[] = {
    {"GET", "tasks", Who::accounts, "Task", list_all_tasks},
    {"GET", "task/{id}", Who::accounts, "Task", show_task},
    {"GET", "auditlog", Who::accounts, "", list_audit_log},
};

}  // namespace

std::span<const Endpoint> task_endpoints() { return task_table; }

}  // namespace mf::compatible
