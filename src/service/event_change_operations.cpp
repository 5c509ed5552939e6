// SPDX-License-Identifier: MIT
#include "domain/event_change.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/credential_type_operations.h"
#include "service/event_operations.h"
#include "service/list_filter.h"
#include "store/queries/source_change.h"

namespace mf {

struct EventChangeFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, event_source_id, event_rule_id;
    std::optional<EventChangeState> state;
    std::optional<ListOrder> order;
};

template <>
const Entity& entity_of<EventChangeFilter>() {
    using F = EventChangeFilter;
    static constexpr auto fields =
        fields_of<F>(limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
                     field<&F::company_id>("company_id", {.help = "Only of rules of this company"}),
                     field<&F::event_source_id>("event_source_id", {.help = "Only of this event source"}),
                     field<&F::event_rule_id>("event_rule_id", {.help = "Only of this event rule"}),
                     field<&F::state>("state", {.help = "Only these: open, launched, or failed (put aside)"}),
                     order_field<&F::order>());
    static constexpr Entity entity{"event_change_filter", "Event changes", fields};
    return entity;
}

namespace {

Result<std::vector<EventChange>> list_event_changes(Call& call, const EventChangeFilter& filter) {
    auto query = query_of(filter);
    const auto scope = scope_within(call, filter.company_id);
    if (!scope) return scope.error();
    if (filter.event_source_id) query.equals.emplace_back("event_source_id", *filter.event_source_id);
    if (filter.event_rule_id) query.equals.emplace_back("event_rule_id", *filter.event_rule_id);
    if (filter.state)
        query.equals.emplace_back("state",
                                  std::string(names_of(*filter.state)[static_cast<std::size_t>(*filter.state)]));
    return Repository<EventChange>(call.session, *scope).list(query);
}

Result<EventChange> get_event_change(Call& call, const Reference& input) {
    auto found = call.repository<EventChange>().find({input.id});
    if (!found) return Error{ErrorCode::not_found, "No event change found with given identifier"};
    return found;
}

Result<EventChange> retry_event_change(Call& call, const Reference& input) {
    const auto before = get_event_change(call, input);
    if (!before) return before;
    if (before->state != EventChangeState::failed)
        return Error{ErrorCode::conflict, "Only a change that was put aside (failed) can be tried again."};
    if (!reopen_event_change(call.session, before->id, call.now))
        return Error{
            ErrorCode::conflict,
            "The change could not be used, or is not kept any more. Correct it in its event source, with a new "
            "number."};
    audit(call, {.entity = "event_change",
                 .id = before->id.value,
                 .action = "retry",
                 .company = before->company_id,
                 .details = {{"event_rule_id", before->event_rule_id.value}, {"inversion", before->inversion}}});
    return get_event_change(call, input);
}

}  // namespace

void add_event_change_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"event-change:list", "GET /event-changes", "List what event rules made of changes in event sources.", view},
        list_event_changes);
    add(operations, {"event-change:get", "GET /event-changes/{id}", "Show what an event rule made of a change.", view},
        get_event_change);
    add(operations,
        {"event-change:retry", "POST /event-changes/{id}/retry",
         "Launch once more what was put aside, because it could not be launched.", run, changes},
        retry_event_change);
}

}  // namespace mf
