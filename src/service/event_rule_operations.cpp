// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/credential_type_operations.h"
#include "service/event_operations.h"
#include "service/list_filter.h"
#include "service/run_template_operations.h"
#include "store/queries/event_firing.h"

#include <fmt/format.h>

namespace mf {

struct EventRuleFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, event_source_id, runtemplate_id,
        runtemplate_source_id;
    std::optional<ListOrder> order;
};

struct EventRuleInput {
    std::optional<std::int64_t> id, event_source_id, runtemplate_source_id;
    std::optional<std::string> evidence;
    std::optional<ChangeOperation> operation;
    std::optional<std::int64_t> runtemplate_id;
    std::optional<std::string> env_mapping;
    std::optional<bool> enabled;
    std::optional<std::int64_t> priority;
};

template <>
const Entity& entity_of<EventRuleFilter>() {
    using F = EventRuleFilter;
    static constexpr auto fields =
        fields_of<F>(limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
                     field<&F::company_id>("company_id", {.help = "Only of this company"}),
                     field<&F::event_source_id>("event_source_id", {.help = "Only those of this event source"}),
                     field<&F::runtemplate_id>("runtemplate_id", {.help = "Only those that launch this run template"}),
                     field<&F::runtemplate_source_id>("runtemplate_source_id",
                                                      {.help = "Only those that follow jobs of this run template"}),
                     order_field<&F::order>());
    static constexpr Entity entity{"event_rule_filter", "Event rules", fields};
    return entity;
}

template <>
const Entity& entity_of<EventRuleInput>() {
    using I = EventRuleInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the event rule"}),
        field<&I::event_source_id>("event_source_id", {.help = "Event source whose changes fire it"}),
        field<&I::runtemplate_source_id>("runtemplate_source_id",
                                         {.help = "Instead: run template whose successful jobs fire it"}),
        field<&I::evidence>("evidence",
                            {.help = "Only changes of this kind of thing; empty for any", .max_length = 60}),
        field<&I::operation>("operation", {.help = "Only these changes: any, create, update or delete"}),
        field<&I::runtemplate_id>("runtemplate_id", {.help = "Run template that is launched"}),
        field<&I::env_mapping>(
            "env_mapping",
            {.help = R"(Variables of the job as JSON, such as {"ID": "$.invoice.id"})", .max_length = 65535}),
        field<&I::enabled>("enabled", {.help = "Whether it fires"}),
        field<&I::priority>("priority", {.help = "Rules with a higher number come first"}));
    static constexpr Entity entity{"event_rule_input", "Event rule", fields};
    return entity;
}

namespace {

Result<std::vector<EventRule>> list_event_rules(Call& call, const EventRuleFilter& filter) {
    auto query = query_of(filter);
    const auto scope = scope_within(call, filter.company_id);
    if (!scope) return scope.error();
    if (filter.event_source_id) query.equals.emplace_back("event_source_id", *filter.event_source_id);
    if (filter.runtemplate_id) query.equals.emplace_back("runtemplate_id", *filter.runtemplate_id);
    if (filter.runtemplate_source_id) query.equals.emplace_back("runtemplate_source_id", *filter.runtemplate_source_id);
    return Repository<EventRule>(call.session, *scope).list(query);
}

Result<EventRule> find_event_rule(Call& call, std::optional<std::int64_t> id) {
    if (!id) return missing_input({"id"});
    auto found = call.repository<EventRule>().find({*id});
    if (!found) return Error{ErrorCode::not_found, "No event rule found with given identifier"};
    return found;
}

Result<EventRule> get_event_rule(Call& call, const Reference& input) { return find_event_rule(call, input.id); }

Error rule_error(ErrorCode code, std::string_view field, std::string sentence) {
    return {code, sentence, {{std::string(field), std::move(sentence)}}};
}

/// What of the input changes the rule; checks of the input alone.
Result<void> apply_rule_input(const Call& call, const EventRuleInput& input, EventRule& rule) {
    if (input.event_source_id && input.runtemplate_source_id)
        return rule_error(ErrorCode::invalid, "event_source_id",
                          "A rule is fired by an event source or by a run template, not by both.");
    if (input.event_source_id) {
        rule.event_source_id = Id<EventSource>{*input.event_source_id};
        rule.runtemplate_source_id.reset();
    }
    if (input.runtemplate_source_id) {
        rule.runtemplate_source_id = Id<RunTemplate>{*input.runtemplate_source_id};
        rule.event_source_id.reset();
    }
    if (auto good = check_name("evidence", "The evidence", input.evidence.value_or("")); !good) return good;
    if (input.evidence) rule.evidence = trim(*input.evidence).empty() ? std::nullopt : input.evidence;
    if (input.operation) rule.operation = *input.operation;
    if (input.runtemplate_id) rule.runtemplate_id = {*input.runtemplate_id};
    if (input.env_mapping) {
        rule.env_mapping.reset();
        if (!trim(*input.env_mapping).empty()) {
            const auto mapping = read_env_mapping(*input.env_mapping, call.allowed_names);
            if (!mapping) return mapping.error();
            if (!mapping->empty()) rule.env_mapping = to_json_text(*mapping);
        }
    }
    if (input.enabled) rule.enabled = *input.enabled;
    if (input.priority) rule.priority = *input.priority;
    return {};
}

bool names_file(const Call& call, const EventRule& rule) {
    if (!rule.env_mapping) return false;
    const auto mapping = read_env_mapping(*rule.env_mapping, call.allowed_names);
    return mapping &&
           std::ranges::any_of(*mapping, [](const auto& each) { return file_selector(each.second).has_value(); });
}

/// Looks whether what the rule names is there, and of one company, which becomes that of the rule.
Result<void> settle_rule(Call& call, EventRule& rule) {
    const auto target = find_run_template(call, rule.runtemplate_id.value);
    if (!target) return rule_error(ErrorCode::not_found, "runtemplate_id", "There is no such run template to launch.");
    rule.company_id = target->company_id;
    if (rule.runtemplate_source_id) {
        if (*rule.runtemplate_source_id == rule.runtemplate_id)
            return rule_error(ErrorCode::invalid, "runtemplate_source_id",
                              "A run template that follows itself would never come to rest; name another one.");
        const auto before = find_run_template(call, rule.runtemplate_source_id->value);
        if (!before)
            return rule_error(ErrorCode::not_found, "runtemplate_source_id",
                              "There is no such run template to follow.");
        if (before->company_id != target->company_id)
            return rule_error(ErrorCode::invalid, "runtemplate_source_id",
                              "Both run templates of a rule must be of one company.");
    } else if (rule.event_source_id) {
        if (names_file(call, rule))
            return rule_error(ErrorCode::invalid, "env_mapping",
                              "A change has no files; '@file:' is for rules that follow jobs. Name a path.");
        const auto source = call.repository<EventSource>().find(*rule.event_source_id);
        if (!source) return rule_error(ErrorCode::not_found, "event_source_id", "There is no such event source.");
        if (source->company_id && *source->company_id != target->company_id)
            return rule_error(ErrorCode::invalid, "event_source_id",
                              "The event source and the run template of a rule must be of one company.");
    } else {
        return rule_error(ErrorCode::invalid, "event_source_id",
                          "Say what fires the rule: an event source (event_source_id) or another run template "
                          "(runtemplate_source_id).");
    }
    return {};
}

/// Each of them makes a row when such a job ends, and an entry of the audit log.
constexpr std::size_t most_rules_after_one = 100;

/// Is there room for one more rule that follows jobs of its run template?
Result<void> check_room(Call& call, const EventRule& rule) {
    if (!rule.runtemplate_source_id) return {};
    const auto others = call.repository<EventRule>().list(
        {.equals = {{"runtemplate_source_id", rule.runtemplate_source_id->value}}, .limit = most_rules_after_one});
    if (others.size() < most_rules_after_one) return {};
    return rule_error(ErrorCode::conflict, "runtemplate_source_id",
                      fmt::format("{} rules follow jobs of this run template, which is as many as there may be; remove "
                                  "some of them first.",
                                  most_rules_after_one));
}

/// A rule that says what another one says would only double what is launched.
Result<void> check_is_new(Call& call, const EventRule& rule) {
    hold_rules_that_launch(call.session, rule.runtemplate_id);
    const auto number = [](const auto& id) { return id ? Value{id->value} : Value{}; };
    const auto alike =
        call.repository<EventRule>().list({.equals = {{"runtemplate_id", rule.runtemplate_id.value},
                                                      {"event_source_id", number(rule.event_source_id)},
                                                      {"runtemplate_source_id", number(rule.runtemplate_source_id)}}});
    for (const auto& other : alike) {
        if (other.id == rule.id || other.env_mapping != rule.env_mapping) continue;
        // They narrow changes only.
        if (rule.event_source_id && (other.evidence != rule.evidence || other.operation != rule.operation)) continue;
        return rule_error(
            ErrorCode::conflict, "runtemplate_id",
            fmt::format("Event rule {} launches the same after the same; change that one.", other.id.value));
    }
    return {};
}

Result<EventRule> create_event_rule(Call& call, const EventRuleInput& input) {
    EventRule rule{.created_at = call.now, .updated_at = call.now};
    if (auto applied = apply_rule_input(call, input, rule); !applied) return applied.error();
    if (auto settled = settle_rule(call, rule); !settled) return settled.error();
    if (auto is_new = check_is_new(call, rule); !is_new) return is_new.error();
    if (auto room = check_room(call, rule); !room) return room.error();
    if (auto inserted = call.repository<EventRule>().insert(rule); !inserted) return inserted.error();
    audit(call, {.entity = "event_rule",
                 .id = rule.id.value,
                 .action = "create",
                 .company = rule.company_id,
                 .details = told_fields(rule)});
    return rule;
}

Result<json::value> update_event_rule(Call& call, const EventRuleInput& input) {
    const auto before = find_event_rule(call, input.id);
    if (!before) return before.error();
    EventRule after = *before;
    if (auto applied = apply_rule_input(call, input, after); !applied) return applied.error();
    if (auto settled = settle_rule(call, after); !settled) return settled.error();
    if (after.company_id != before->company_id)
        return rule_error(ErrorCode::conflict, "runtemplate_id",
                          "A rule stays with its company; make another one for the other company.");
    if (auto is_new = check_is_new(call, after); !is_new) return is_new.error();
    if (after.runtemplate_source_id != before->runtemplate_source_id)
        if (auto room = check_room(call, after); !room) return room.error();
    auto changes = changed_fields(entity_of<EventRule>(), &*before, &after);
    after.updated_at = call.now;
    if (auto updated = call.repository<EventRule>().update(*before, after); !updated) return updated.error();
    audit(call, {.entity = "event_rule",
                 .id = after.id.value,
                 .action = "update",
                 .company = after.company_id,
                 .details = std::move(changes)});
    return json::value{{"updated", true}, {"record", to_json(after)}};
}

Result<json::value> remove_event_rule(Call& call, const Reference& input) {
    const auto before = find_event_rule(call, input.id);
    if (!before) return before.error();
    if (auto erased = erase_event_rule(call, *before); !erased) return erased.error();
    return json::value{{"removed", true}, {"id", before->id.value}};
}

}  // namespace

Result<void> erase_event_rule(Call& call, const EventRule& rule) {
    if (auto erased = call.repository<EventRule>().erase(rule.id); !erased) return erased;
    audit(call, {.entity = "event_rule",
                 .id = rule.id.value,
                 .action = "remove",
                 .company = rule.company_id,
                 .details = told_fields(rule)});
    return {};
}

void add_event_rule_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"event-rule:list", "GET /event-rules", "List what launches run templates after events.", view},
        list_event_rules);
    add(operations, {"event-rule:get", "GET /event-rules/{id}", "Show one event rule.", view}, get_event_rule);
    add(operations,
        {"event-rule:create",
         "POST /event-rules",
         "Have a run template launched after changes in an event source, or after jobs of another run template.",
         edit,
         changes,
         Discloses::nothing,
         {"event_source_id|runtemplate_source_id", "runtemplate_id"}},
        create_event_rule);
    add(operations, {"event-rule:update", "PATCH /event-rules/{id}", "Change an event rule.", edit, changes},
        update_event_rule);
    add(operations, {"event-rule:remove", "DELETE /event-rules/{id}", "Remove an event rule.", edit, changes},
        remove_event_rule);
}

}  // namespace mf
