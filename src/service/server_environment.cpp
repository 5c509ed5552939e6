// SPDX-License-Identifier: MIT
#include "service/server_environment.h"

#include "base/json.h"
#include "domain/secret_text.h"

namespace mf {

std::string published_environment(const std::vector<GivenVariable>& inherited) {
    json::object out;
    for (const auto& [name, value, secret] : inherited)
        out[name] = secret ? json::value(nullptr) : json::value(value.value_or(""));
    return to_text(out);
}

std::optional<std::vector<GivenVariable>> published_environment(Session& session) {
    const auto rows = session.sql.query(
        R"(SELECT "environment" FROM "node" WHERE "roles" LIKE '%executor%' AND "stopped_at" IS NULL
           ORDER BY "seen_at" DESC LIMIT 1)");
    if (rows.empty()) return std::nullopt;
    const auto parsed = parse_json(std::get<std::string>(rows[0][0]));
    if (!parsed || !parsed->is_object()) return std::nullopt;
    std::vector<GivenVariable> out;
    for (const auto& [name, value] : parsed->get_object()) {
        const bool secret = !value.is_string();
        out.push_back({.name = std::string(name),
                       .value = secret ? std::string(secret_mask_text) : std::string(value.get_string()),
                       .secret = secret});
    }
    return out;
}

}  // namespace mf
