// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"
#include "base/json.h"

namespace mf::compatible {
namespace {

// ---- event sources ----

/// Without the password, masked or not: clients send back what they have read.
constexpr Column source_columns[] = {{"id"},
                                     {"name"},
                                     {"adapter_type"},
                                     {"db_connection"},
                                     {"db_host"},
                                     {"db_port", "", As::fit, 8},
                                     {"db_database", "", As::fit, 128},
                                     {"db_username", "", As::fit, 128},
                                     {"poll_interval"},
                                     {"enabled"},
                                     {"last_processed_id"},
                                     {"company_id"},
                                     {"created", "created_at", As::time},
                                     {"modified", "updated_at", As::time}};
constexpr std::string_view source_orders[] = {"name", "db_connection", "db_host", "enabled", "created", "modified"};

Result<Answer> list_sources(Exchange& exchange) {
    return list(exchange, {.operation = "event-source:list",
                           .columns = source_columns,
                           .element = "eventsource",
                           .link = "eventsource",
                           .orders = source_orders});
}

Result<Answer> show_source(Exchange& exchange) {
    const auto found = exchange.record("event-source:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(source_columns, *found, exchange.zone())};
}

/// The interface knows no company of a source. Who manages just one means that.
std::optional<std::int64_t> only_company_of(const Rights& rights) {
    std::optional<std::int64_t> out;
    if (rights.everywhere(Permission::manage)) return out;
    for (const auto& [company, permissions] : rights.companies()) {
        if (!permissions.has(Permission::manage)) continue;
        if (out) return std::nullopt;
        out = company;
    }
    return out;
}

/// Clients send back what they have read some time ago, or 0 for what they do not mention: that must not launch again
/// what was launched. Whoever wants that uses the other interfaces.
Result<void> keep_mark(Exchange& exchange, std::int64_t id, json::object& input) {
    const auto* mark = input.if_contains("last_processed_id");
    if (!mark || !mark->is_int64()) return {};
    const auto stored = exchange.record("event-source:get", {{"id", id}});
    if (!stored) return stored.error();
    if (mark->get_int64() <= stored->at("last_processed_id").as_int64()) input.erase("last_processed_id");
    return {};
}

Result<Answer> save_source(Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"},
                                {"adapter_type"},
                                {"db_connection"},
                                {"db_host"},
                                {"db_port"},
                                {"db_database"},
                                {"db_username"},
                                {"db_password"},
                                {"poll_interval", "", Takes::number},
                                {"enabled", "", Takes::flag},
                                {"last_processed_id", "", Takes::number},
                                {"company_id", "", Takes::number}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto meant = exchange.meant_record("eventSourceId");
    if (!meant) return meant.error();
    const auto id = *meant;
    if (id) {
        (*input)["id"] = *id;
        if (auto kept = keep_mark(exchange, *id, *input); !kept) return kept.error();
    }
    if (!id && !input->contains("name")) return invalid("A new event source needs name.");
    if (const auto company = only_company_of(exchange.caller().rights);
        company && !id && !input->contains("company_id"))
        (*input)["company_id"] = *company;
    const auto saved = exchange.record(id ? "event-source:update" : "event-source:create", *input);
    if (!saved) return saved.error();
    return Answer{.body = shaped(source_columns, *saved, exchange.zone()), .status = 201};
}

Result<Answer> test_source(Exchange& exchange) {
    const auto tested = exchange.record("event-source:test", {{"id", exchange.id()}});
    if (!tested) return tested.error();
    return Answer{.body = {{"reachable", tested->at("reachable")}, {"message", tested->at("message")}}};
}

Result<Answer> removed(const Exchange& exchange, std::string_view operation) {
    const auto done = exchange.record(operation, {{"id", exchange.id()}});
    if (!done) return done.error();
    return Answer{.body = {{"success", true}}};
}
Result<Answer> delete_source(Exchange& exchange) { return removed(exchange, "event-source:remove"); }

// ---- event rules ----

constexpr Column rule_columns[] = {{"id"},
                                   {"event_source_id"},
                                   {"runtemplate_source_id"},
                                   {"evidence", "", As::fit, 60},
                                   {"operation"},
                                   {"runtemplate_id"},
                                   {"priority"},
                                   {"enabled"},
                                   {"env_mapping"},
                                   {"created", "created_at", As::time},
                                   {"modified", "updated_at", As::time}};
constexpr std::string_view rule_orders[] = {"event_source_id", "runtemplate_id", "evidence", "operation",
                                            "priority",        "enabled",        "created",  "modified"};

Result<Answer> list_rules(Exchange& exchange) {
    return list(exchange, {.operation = "event-rule:list",
                           .columns = rule_columns,
                           .element = "eventrule",
                           .link = "eventrule",
                           .orders = rule_orders});
}

Result<Answer> show_rule(Exchange& exchange) {
    const auto found = exchange.record("event-rule:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(rule_columns, *found, exchange.zone())};
}

/// Node-RED has names of its own for the run templates before and after, and sends the mapping as an object.
Result<Answer> saved_rule(const Exchange& exchange, std::optional<std::int64_t> id, int status) {
    constexpr Taken wanted[] = {{"event_source_id", "", Takes::number},
                                {"runtemplate_source_id", "", Takes::number},
                                {"source_runtemplate_id", "runtemplate_source_id", Takes::number},
                                {"evidence"},
                                {"operation"},
                                {"runtemplate_id", "", Takes::number},
                                {"target_runtemplate_id", "runtemplate_id", Takes::number},
                                {"priority", "", Takes::number},
                                {"enabled", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    if (const auto* mapping = exchange.given().if_contains("env_mapping"))
        (*input)["env_mapping"] = mapping->is_string() ? *mapping : json::value(to_text(*mapping));
    if (id) (*input)["id"] = *id;
    const auto saved = exchange.record(id ? "event-rule:update" : "event-rule:create", *input);
    if (!saved) return saved.error();
    return Answer{.body = shaped(rule_columns, *saved, exchange.zone()), .status = status};
}

Result<Answer> save_rule(Exchange& exchange) {
    const auto id = exchange.meant_record("eventRuleId");
    return id ? saved_rule(exchange, *id, 201) : Result<Answer>(id.error());
}
Result<Answer> replace_rule(Exchange& exchange) { return saved_rule(exchange, exchange.id(), 200); }
Result<Answer> delete_rule(Exchange& exchange) { return removed(exchange, "event-rule:remove"); }

// ---- topics ----

constexpr Column topic_columns[] = {{"id"}, {"name", "", As::cut, 32}, {"color"}, {"description", "", As::cut, 255}};
constexpr std::string_view topic_orders[] = {"name", "color"};

Result<Answer> list_all_topics(Exchange& exchange) {
    return list(exchange, {.operation = "topic:list",
                           .columns = topic_columns,
                           .element = "topic",
                           .link = "topic",
                           .usual = 100,
                           .orders = topic_orders});
}

Result<Answer> show_topic(Exchange& exchange) {
    const auto found = exchange.record("topic:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(topic_columns, *found, exchange.zone())};
}

Result<Answer> change_topic(Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"}, {"color"}, {"description"}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto record = exchange.record("topic:get", {{"id", exchange.id()}});
    if (!record) return record.error();
    leave_shortened(*input, topic_columns, *record);
    (*input)["id"] = exchange.id();
    const auto changed = exchange.record("topic:update", *input);
    if (!changed) return changed.error();
    return Answer{.body = shaped(topic_columns, *changed, exchange.zone()), .status = 201};
}

constexpr Endpoint event_table[] = {
    {"GET", "eventsources", Who::accounts, "Event source", list_sources},
    {"GET", "eventsource/{id}", Who::accounts, "Event source", show_source},
    {"POST", "eventsource", Who::accounts, "Event source", save_source},
    {"POST", "eventsource/{id}/test", Who::accounts, "Event source", test_source},
    {"DELETE", "eventsource/{id}", Who::accounts, "Event source", delete_source},
    {"GET", "eventrules", Who::accounts, "Event rule", list_rules},
    {"GET", "eventrule/{id}", Who::accounts, "Event rule", show_rule},
    {"POST", "eventrule", Who::accounts, "Event rule", save_rule},
    {"PUT", "eventrule/{id}", Who::accounts, "Event rule", replace_rule},
    {"DELETE", "eventrule/{id}", Who::accounts, "Event rule", delete_rule},
    {"GET", "topics", Who::permitted_guests, "Topic", list_all_topics, true},
    {"GET", "topic/{id}", Who::permitted_guests, "Topic", show_topic, true},
    {"POST", "topic/{id}", Who::accounts, "Topic", change_topic, true},
};

}  // namespace

std::span<const Endpoint> event_endpoints() { return event_table; }

}  // namespace mf::compatible
