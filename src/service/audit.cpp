// SPDX-License-Identifier: MIT
#include "service/audit.h"

namespace mf {
namespace {

/// Documents and icons would drown the log.
constexpr std::size_t longest_field = 100'000;
constexpr std::size_t most_details = 60'000;

}  // namespace

void audit(Call& call, const AuditNote& note) {
    auto details = to_text(note.details);
    if (details.size() > most_details) {
        json::object names;
        for (const auto& member : note.details) names[member.key()] = "too long to be kept here";
        details = to_text(names);
    }
    AuditEntry entry{.at = call.now,
                     .login = call.actor.login,
                     .company_id = note.company,
                     .entity = std::string(note.entity),
                     .entity_id = note.id,
                     .action = std::string(note.action),
                     .entry = call.actor.entry,
                     .address = call.actor.address,
                     .details = std::move(details)};
    if (call.actor.user.value != 0) entry.user_id = call.actor.user;
    call.audited.push_back(std::move(entry));
}

json::object changed_fields(const Entity& entity, const void* before, const void* after) {
    const auto old_values = to_json(entity, before);
    const auto new_values = to_json(entity, after);
    json::object out;
    for (const Field& field : entity.fields) {
        if (field.read(before) == field.read(after)) continue;
        if (field.options.max_length > longest_field)
            out[field.name] = "changed";
        else
            out[field.name] = {{"from", old_values.at(field.name)}, {"to", new_values.at(field.name)}};
    }
    return out;
}

}  // namespace mf
