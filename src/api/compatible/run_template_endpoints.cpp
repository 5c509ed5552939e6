// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"
#include "domain/interval.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

constexpr std::string_view run_template_orders[] = {"name",          "app_id",        "company_id", "interv",
                                                    "active",        "executor",      "DatCreate",  "DatSave",
                                                    "last_schedule", "next_schedule", "delay"};

Result<Answer> list_run_templates_by_id(Exchange& exchange) {
    return list(exchange, {.operation = "runtemplate:list",
                           .columns = run_template_columns(),
                           .element = "runtemplate",
                           .link = "runtemplate",
                           .has_ids_as_keys = true,
                           .orders = run_template_orders});
}

/// All of them, for menus: a page would hide the others from an editor that knows no pages.
Result<Answer> list_for_menu(Exchange& exchange) {
    constexpr Column columns[] = {{"id"}, {"name"}, {"app_id"}, {"company_id"}, {"app_uuid"}, {"active"}, {"interv"}};
    constexpr std::int64_t at_once = 500;
    constexpr std::size_t most = 10'000;
    json::array out;
    for (std::int64_t after = 0; out.size() < most;) {
        const auto page = exchange.call("runtemplate:list", {{"limit", at_once}, {"after", after}});
        if (!page) return page.error();
        const auto& records = page->as_array();
        for (const auto& record : records) out.push_back(shaped(columns, record.as_object(), exchange.zone()));
        if (std::ssize(records) < at_once) break;
        after = records.back().at("id").as_int64();
    }
    return Answer{.body = std::move(out), .element = "runtemplate", .link = "runtemplate"};
}

Result<json::object> one_run_template(const Exchange& exchange, std::int64_t id) {
    return exchange.record("runtemplate:get", {{"id", id}}).transform([&](const json::object& record) {
        return shaped(run_template_columns(), record, exchange.zone());
    });
}

Result<Answer> show_run_template(Exchange& exchange) {
    auto found = one_run_template(exchange, exchange.id());
    if (!found) return found.error();
    return Answer{.body = *std::move(found)};
}

Result<json::object> run_template_input(const Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"},
                                {"interv"},
                                {"cron"},
                                {"delay"},
                                {"executor"},
                                {"note"},
                                {"active", "", Takes::flag},
                                {"deadline_offset"},
                                {"max_attempts", "", Takes::number},
                                {"retry_min_gap"},
                                {"retry_backoff"},
                                {"allow_late", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input;
    // Clients send back the whole record: of an interval that has one of its own the expression means nothing.
    if (const auto* word = input->if_contains("interv"))
        if (const auto choice = parse_interval(word->as_string()); choice && choice->interval != Interval::custom)
            input->erase("cron");
    return input;
}

Result<Answer> saved_run_template(const Exchange& exchange, std::string_view operation, json::object input) {
    if (const auto* id = input.if_contains("id"); id && input.contains("name")) {
        const auto record = exchange.record("runtemplate:get", {{"id", *id}});
        if (!record) return record.error();
        leave_shortened(input, run_template_columns(), *record);
    }
    const auto saved = exchange.record(operation, input);
    if (!saved) return saved.error();
    auto shown = one_run_template(exchange, saved->at("id").as_int64());
    if (!shown) return shown.error();
    return Answer{.body = *std::move(shown), .status = 201};
}

Result<Answer> change_run_template(Exchange& exchange) {
    const auto* received = exchange.given().if_contains("id");
    if (exchange.number("id") != exchange.id())
        return Answer{.body = {{"error", "ID mismatch"},
                               {"expected", exchange.id()},
                               {"received", received ? *received : json::value()},
                               {"success", false}},
                      .status = 400};
    auto input = run_template_input(exchange);
    if (!input) return input.error();
    (*input)["id"] = exchange.id();
    return saved_run_template(exchange, "runtemplate:update", *std::move(input));
}

Result<Answer> save_run_template(Exchange& exchange) {
    auto input = run_template_input(exchange);
    if (!input) return input.error();
    const auto id = exchange.meant_record("runTemplateId");
    if (!id) return id.error();
    if (*id) {
        (*input)["id"] = **id;
        return saved_run_template(exchange, "runtemplate:update", *std::move(input));
    }
    for (const auto* name : {"app_id", "company_id"}) {
        const auto number = exchange.number(name);
        if (!number) return invalid(fmt::format("A new run template needs {}, a whole number.", name));
        (*input)[name] = *number;
    }
    if (!input->contains("name")) return invalid("A new run template needs name.");
    return saved_run_template(exchange, "runtemplate:create", *std::move(input));
}

constexpr Endpoint run_template_table[] = {
    {"GET", "runtemplates", Who::accounts, "RunTemplate", list_run_templates_by_id},
    {"GET", "runtemplate", Who::accounts, "RunTemplate", list_for_menu},
    {"GET", "runtemplate/{id}", Who::accounts, "RunTemplate", show_run_template},
    {"POST", "runtemplate/{id}", Who::accounts, "RunTemplate", change_run_template},
    {"POST", "runtemplate", Who::accounts, "RunTemplate", save_run_template},
};

}  // namespace

std::span<const Endpoint> run_template_endpoints() { return run_template_table; }

}  // namespace mf::compatible
