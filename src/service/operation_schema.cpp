// SPDX-License-Identifier: MIT
#include "service/operation_schema.h"

#include "domain/entity_schema.h"

#include <fmt/format.h>

namespace mf {

json::object input_schema(const Operation& operation) {
    auto schema = input_schema(*operation.input);
    auto& properties = schema.at("properties").as_object();
    if (auto* company = properties.if_contains("company_id")) {
        auto& about = company->as_object();
        about["type"] = json::array{"integer", "string"};
        const auto* help = about.if_contains("description");
        about["description"] = help ? fmt::format("{}: its number or its code", std::string_view(help->as_string()))
                                    : "Number or code of the company";
    }
    for (const auto need : operation.needs) {
        if (need.find('|') != std::string_view::npos) continue;
        if (!schema.contains("required")) schema["required"] = json::array();
        auto& required = schema.at("required").as_array();
        if (std::ranges::find(required, json::value(need)) == required.end()) required.emplace_back(need);
    }
    return schema;
}

}  // namespace mf
