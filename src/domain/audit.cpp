// SPDX-License-Identifier: MIT
#include "domain/audit.h"

#include "base/digest.h"
#include "base/json.h"

namespace mf {

template <>
const Entity& entity_of<AuditEntry>() {
    using A = AuditEntry;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true, .read_only = true, .listed = true}), field<&A::seq>("seq", {.listed = true}),
        field<&A::at>("at", {.listed = true}), field<&A::user_id>("user_id", {.references = "user"}),
        field<&A::login>("login", {.max_length = 64, .personal = true, .listed = true}),
        field<&A::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
        field<&A::entity>("entity", {.max_length = 64, .listed = true}),
        field<&A::entity_id>("entity_id", {.listed = true}),
        field<&A::action>("action", {.max_length = 64, .listed = true}),
        field<&A::entry>("entry", {.max_length = 16, .listed = true}),
        field<&A::address>("address", {.max_length = 64, .personal = true, .listed = true}),
        field<&A::details>("details", {.max_length = 65535}), field<&A::previous>("previous", {.max_length = 64}),
        field<&A::hash>("hash", {.max_length = 64}));
    static constexpr Entity entity{"audit", "Audit entry", fields};
    return entity;
}

std::string hash_of(const AuditEntry& entry) {
    json::array content;
    for (const Field& field : entity_of<AuditEntry>().fields) {
        if (field.options.key || field.name == "hash") continue;
        const Value value = field.read(&entry);
        if (const auto* number = std::get_if<std::int64_t>(&value))
            content.push_back(*number);
        else if (const auto* text = std::get_if<std::string>(&value))
            content.push_back(json::value(*text));
        else
            content.push_back(nullptr);
    }
    return sha256_hex(to_text(json::value(std::move(content))));
}

}  // namespace mf
