// SPDX-License-Identifier: MIT
#include "service/audit_operations.h"

#include "base/time_text.h"
#include "service/list_filter.h"
#include "store/queries/audit_chain.h"

#include <fmt/format.h>

namespace mf {

struct AuditFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, user_id, entity_id;
    std::optional<ListOrder> order;
    std::optional<std::string> login, entity, action, from, to;
};

template <>
const Entity& entity_of<AuditFilter>() {
    using F = AuditFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::company_id>("company_id", {.help = "Only of this company"}),
        field<&F::user_id>("user_id", {.help = "Only what this user did"}),
        field<&F::entity_id>("entity_id", {.help = "Only of the thing with this number"}), order_field<&F::order>(),
        field<&F::login>("login", {.help = "Only what was done under this name"}),
        field<&F::entity>("entity", {.help = "Only of things of this kind, such as runtemplate"}),
        field<&F::action>("action", {.help = "Only this action, such as update"}),
        field<&F::from>("from", {.help = "Not before this time"}), field<&F::to>("to", {.help = "Before this time"}));
    static constexpr Entity entity{"audit_filter", "Audit entries", fields};
    return entity;
}

struct AuditVerifyInput {
    std::optional<std::string> kept;
};

template <>
const Entity& entity_of<AuditVerifyInput>() {
    static constexpr auto fields = fields_of<AuditVerifyInput>(field<&AuditVerifyInput::kept>(
        "kept", {.help = "The last hash that an earlier look told: it must still occur", .max_length = 64}));
    static constexpr Entity entity{"audit_verify", "Look through the audit log", fields};
    return entity;
}

namespace {

Result<json::value> list_entries(Call& call, const AuditFilter& filter) {
    const auto& entity = entity_of<AuditEntry>();
    auto text = fmt::format(R"(SELECT {} FROM "audit" WHERE {{scope}})", column_list(entity));
    std::vector<Value> parameters;
    const auto add = [&](std::string_view condition, Value value) {
        text.append(" AND ").append(condition);
        parameters.push_back(std::move(value));
    };
    if (filter.company_id) add(R"("company_id" = ?)", *filter.company_id);
    if (filter.user_id) add(R"("user_id" = ?)", *filter.user_id);
    if (filter.entity_id) add(R"("entity_id" = ?)", *filter.entity_id);
    if (filter.login) add(R"("login" = ?)", *filter.login);
    if (filter.entity) add(R"("entity" = ?)", *filter.entity);
    if (filter.action) add(R"("action" = ?)", *filter.action);
    const auto zone = Zone::named(call.zone);
    for (const auto& [given, condition] :
         {std::pair(&filter.from, R"("at" >= ?)"), std::pair(&filter.to, R"("at" < ?)")}) {
        if (!*given) continue;
        const auto moment = parse_time(**given, call.now, zone ? *zone : Zone::utc());
        if (!moment) return moment.error();
        add(condition, ms(*moment));
    }
    const auto query = query_of(filter);
    if (query.after) add(query.newest_first ? R"("id" < ?)" : R"("id" > ?)", *query.after);
    text += query.newest_first ? R"( ORDER BY "id" DESC LIMIT ? OFFSET ?)" : R"( ORDER BY "id" LIMIT ? OFFSET ?)";
    parameters.emplace_back(query.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    parameters.emplace_back(query.offset);
    json::array out;
    for (const auto& row : call.sql().query(text, parameters)) {
        AuditEntry entry;
        fill(entity, row, &entry);
        auto record = to_json(entry);
        if (auto details = parse_json(entry.details)) record["details"] = *std::move(details);
        out.push_back(std::move(record));
    }
    return json::value(std::move(out));
}

Result<json::value> verify(Call& call, const AuditVerifyInput& input) {
    auto verdict = verify_audit(call.session, *call.vault, input.kept.value_or(""));
    const auto sentences = [](std::vector<std::string>& from) {
        json::array out;
        for (auto& sentence : from) out.emplace_back(std::move(sentence));
        return out;
    };
    const bool whole = verdict.faults.empty();
    return json::value{
        {"whole", whole},       {"entries", verdict.entries},          {"before_chain", verdict.before_chain},
        {"head", verdict.head}, {"faults", sentences(verdict.faults)}, {"remarks", sentences(verdict.remarks)}};
}

}  // namespace

void add_audit_operations(Operations& operations) {
    using enum Permission;
    add(operations, {"audit:list", "GET /audit", "List who changed what, and when.", manage}, list_entries);
    add(operations,
        {"audit:verify", "GET /audit/verification", "Look for entries that were altered or removed.", administer},
        verify);
}

}  // namespace mf
