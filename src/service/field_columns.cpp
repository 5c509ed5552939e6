// SPDX-License-Identifier: MIT
#include "service/field_columns.h"

#include "domain/definition/definition_export.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf {

std::string localized_json(const LocalizedText& text) { return to_text(to_json(text)); }

std::string text_in_english(const std::string& json_text) {
    const auto parsed = parse_json(json_text);
    if (!parsed) return json_text;
    if (const auto* text = parsed->if_string()) return std::string(*text);
    const auto* languages = parsed->if_object();
    if (!languages || languages->empty()) return {};
    const auto* english = languages->if_contains("en");
    const auto& chosen = english ? *english : languages->begin()->value();
    return chosen.is_string() ? std::string(chosen.get_string()) : std::string();
}

std::string options_json(const std::vector<FieldOption>& options) {
    if (options.empty()) return {};
    json::array out;
    for (const auto& option : options) out.push_back({{"value", option.value}, {"label", to_json(option.label)}});
    return to_text(out);
}

std::string constraints_json(const ConfigConstraints& constraints) {
    json::object out;
    if (constraints.pattern) out["pattern"] = *constraints.pattern;
    if (constraints.minimum) out["minimum"] = *constraints.minimum;
    if (constraints.maximum) out["maximum"] = *constraints.maximum;
    if (constraints.minimum_length) out["minLength"] = *constraints.minimum_length;
    if (constraints.maximum_length) out["maxLength"] = *constraints.maximum_length;
    return out.empty() ? std::string() : to_text(out);
}

ConfigConstraints constraints_from(ConfigType type, const std::string& options_text,
                                   const std::string& constraints_text) {
    ConfigConstraints out;
    if (const auto options = parse_json(options_text); options && options->is_array() && type == ConfigType::set)
        for (const auto& option : options->get_array()) out.options.emplace_back(option.at("value").as_string());
    const auto parsed = parse_json(constraints_text);
    const auto* limits = parsed ? parsed->if_object() : nullptr;
    if (!limits) return out;
    if (auto* v = limits->if_contains("pattern")) out.pattern = std::string(v->as_string());
    if (auto* v = limits->if_contains("minimum")) out.minimum = v->to_number<double>();
    if (auto* v = limits->if_contains("maximum")) out.maximum = v->to_number<double>();
    if (auto* v = limits->if_contains("minLength")) out.minimum_length = v->to_number<std::int64_t>();
    if (auto* v = limits->if_contains("maxLength")) out.maximum_length = v->to_number<std::int64_t>();
    return out;
}

}  // namespace mf
