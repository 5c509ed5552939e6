// SPDX-License-Identifier: MIT
#include "service/audit.h"

namespace mf {

void audit(Call& call, const AuditEntry& entry) {
    call.session.sql.execute(
        R"(INSERT INTO "audit" ("at", "user_id", "company_id", "entity", "entity_id", "action", "details") VALUES (?, ?, ?, ?, ?, ?, ?))",
        {std::int64_t{call.now.time_since_epoch().count()}, call.actor.user.value,
         entry.company ? Value{entry.company->value} : Value{}, std::string(entry.entity), entry.id,
         std::string(entry.action), to_text(entry.details)});
}

json::object changed_fields(const Entity& entity, const void* before, const void* after) {
    const auto old_values = to_json(entity, before);
    const auto new_values = to_json(entity, after);
    json::object out;
    for (const Field& field : entity.fields) {
        if (field.read(before) == field.read(after)) continue;
        // Documents and icons would drown the log.
        if (field.options.max_length > 100'000)
            out[field.name] = "changed";
        else
            out[field.name] = {{"from", old_values.at(field.name)}, {"to", new_values.at(field.name)}};
    }
    return out;
}

}  // namespace mf
