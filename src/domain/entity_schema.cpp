// SPDX-License-Identifier: MIT
#include "domain/entity_schema.h"

#include "base/json.h"

#include <boost/json/array.hpp>

namespace mf {
namespace {

/// A number of milliseconds is not what a reader expects of a time.
constexpr std::string_view time_unit = "milliseconds since 1970-01-01T00:00:00Z";

std::string_view type_name(FieldType type) {
    switch (type) {
        case FieldType::boolean: return "boolean";
        case FieldType::integer:
        case FieldType::reference:
        case FieldType::timestamp: return "integer";
        case FieldType::real: return "number";
        case FieldType::text:
        case FieldType::bytes:
        case FieldType::json: break;
    }
    return "string";
}

void describe_words(const Field& field, json::object& schema) {
    const auto& options = field.options;
    if (!options.label.empty()) schema["title"] = options.label;
    if (!options.help.empty()) schema["description"] = options.help;
}

void describe_list_or_map(const Field& field, json::object& schema, json::value type_of_values) {
    const bool is_list = field.shape == JsonShape::list;
    schema["type"] = is_list ? "array" : "object";
    if (is_list)
        schema["items"] = {{"type", "string"}};
    else
        schema["additionalProperties"] = {{"type", std::move(type_of_values)}};
}

json::value default_of(const Field& field, const void* defaults) {
    const Value value = field.read(defaults);
    if (field.options.secret || field.type == FieldType::json) return nullptr;
    if (const auto* flag = std::get_if<bool>(&value)) return *flag;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* text = std::get_if<std::string>(&value); text && !text->empty()) return json::value(*text);
    return nullptr;
}

json::object input_schema_of(const Field& field) {
    json::object schema;
    const auto& options = field.options;
    if (field.type == FieldType::json)
        describe_list_or_map(field, schema, json::array{"string", "number", "boolean"});
    else
        schema["type"] = type_name(field.type);
    describe_words(field, schema);
    if (field.type == FieldType::timestamp)
        schema["description"] = options.help.empty() ? std::string(time_unit)
                                                     : std::string(options.help) + ", in " + std::string(time_unit);
    if (!field.choices.empty()) {
        json::array words;
        for (const auto choice : field.choices) words.emplace_back(choice);
        schema["enum"] = std::move(words);
    } else if (field.type == FieldType::text || field.type == FieldType::bytes) {
        if (options.required) schema["minLength"] = 1;
        schema["maxLength"] = options.max_length;
    }
    if (options.secret) {
        schema["format"] = "password";
        schema["writeOnly"] = true;
    }
    return schema;
}

json::object record_schema_of(const Field& field) {
    json::object schema;
    if (field.options.secret) {
        schema["type"] = "string";
    } else if (field.type == FieldType::json) {
        describe_list_or_map(field, schema, "string");
    } else {
        schema["type"] = field.type == FieldType::timestamp ? "string" : type_name(field.type);
        if (field.type == FieldType::timestamp) schema["format"] = "date-time";
    }
    // In place of a secret stands a text whether there is one or not.
    const bool may_be_null = field.nullable && !field.options.secret;
    if (may_be_null) schema["type"] = json::array{schema["type"], "null"};
    describe_words(field, schema);
    if (!field.choices.empty()) {
        json::array words;
        for (const auto choice : field.choices) words.emplace_back(choice);
        if (may_be_null) words.emplace_back(nullptr);
        schema["enum"] = std::move(words);
    }
    if (field.options.read_only || field.options.key) schema["readOnly"] = true;
    return schema;
}

}  // namespace

json::object input_schema(const Entity& entity, const void* defaults) {
    json::object properties;
    json::array required;
    for (const Field& field : entity.fields) {
        if (field.options.read_only) continue;
        auto schema = input_schema_of(field);
        if (field.options.required) {
            required.emplace_back(field.name);
        } else if (defaults) {
            if (auto value = default_of(field, defaults); !value.is_null()) schema["default"] = std::move(value);
        }
        properties[field.name] = std::move(schema);
    }
    json::object out{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    out["additionalProperties"] = false;
    return out;
}

json::object record_schema(const Entity& entity) {
    json::object properties;
    json::array required;
    for (const Field& field : entity.fields) {
        properties[field.name] = record_schema_of(field);
        required.emplace_back(field.name);
    }
    return {{"type", "object"},
            {"title", entity.title},
            {"properties", std::move(properties)},
            {"required", std::move(required)}};
}

}  // namespace mf
