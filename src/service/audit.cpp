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

json::object told_fields(const Entity& entity, const void* empty, const void* record) {
    auto values = to_json(entity, record);
    json::object out;
    for (const Field& field : entity.fields) {
        if (field.options.key || field.options.max_length > longest_field) continue;
        if (field.read(empty) != field.read(record)) out[field.name] = std::move(values.at(field.name));
    }
    return out;
}

json::object changed_members(const json::object& before, const json::object& after,
                             std::span<const std::string> given) {
    const auto value_in = [](const json::object& values, std::string_view name) {
        const auto* value = values.if_contains(name);
        return value ? *value : json::value(nullptr);
    };
    json::object out;
    const auto compare = [&](std::string_view name) {
        auto from = value_in(before, name), to = value_in(after, name);
        const bool is_told =
            from != to || (from == json::value(secret_mask_text) && std::ranges::find(given, name) != given.end());
        if (is_told) out[name] = {{"from", std::move(from)}, {"to", std::move(to)}};
    };
    for (const auto& member : before) compare(member.key());
    for (const auto& member : after)
        if (!before.contains(member.key())) compare(member.key());
    return out;
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
