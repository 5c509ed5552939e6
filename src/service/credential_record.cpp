// SPDX-License-Identifier: MIT
#include "service/credential_record.h"

#include "service/field_columns.h"

namespace mf {
namespace {

json::value parsed_or_text(const std::string& text) {
    auto parsed = parse_json(text);
    return parsed ? *std::move(parsed) : json::value(text);
}

/// Of a text in no language at all nothing is shown.
json::value parsed_words(const std::string& text) {
    auto value = parsed_or_text(text);
    if (value.is_object() && value.get_object().empty()) return nullptr;
    return value;
}

void localize(json::object& record, std::initializer_list<std::string_view> keys) {
    json::object localized;
    for (const auto key : keys) {
        json::value& value = record.at(key);
        const std::string text(value.as_string());
        localized[key] = parsed_or_text(text);
        value = text_in_english(text);
    }
    record["localized"] = std::move(localized);
}

}  // namespace

json::object prototype_record(const CredentialPrototype& prototype) {
    auto record = to_json(prototype);
    record.erase("definition");
    localize(record, {"name", "description"});
    return record;
}

json::object type_record(const CredentialType& type) {
    auto record = to_json(type);
    for (const auto key : {"definition", "owner"}) record.erase(key);
    localize(record, {"description"});
    record["installed"] = type.prototype_id.has_value();
    return record;
}

json::array field_records(std::span<const CredentialField> fields) {
    json::array out;
    for (const CredentialField& field : fields) {
        json::value preset = field.default_value ? json::value(*field.default_value) : json::value(nullptr);
        if (field.secret && field.default_value) preset = shown_secret(*field.default_value);
        out.push_back({{"keyword", field.keyword},
                       {"type", to_text(field.type)},
                       {"name", parsed_words(field.name)},
                       {"description", parsed_words(field.description)},
                       {"hint", parsed_words(field.hint)},
                       {"default_value", std::move(preset)},
                       {"required", field.required},
                       {"secret", field.secret},
                       {"options", field.options.empty() ? json::value(json::array()) : parsed_or_text(field.options)},
                       {"constraints",
                        field.constraints.empty() ? json::value(json::object()) : parsed_or_text(field.constraints)},
                       {"orphaned", field.orphaned}});
    }
    return out;
}

std::vector<CredentialField> fields_of_prototype(Call& call, Id<CredentialPrototype> id) {
    return merged_fields(call.repository<CredentialPrototypeField>().list({.equals = {{"prototype_id", id.value}}}),
                         {});
}

std::vector<CredentialField> fields_of_type(Call& call, const CredentialType& type) {
    std::vector<CredentialPrototypeField> of_prototype;
    if (type.prototype_id)
        of_prototype =
            call.repository<CredentialPrototypeField>().list({.equals = {{"prototype_id", type.prototype_id->value}}});
    return merged_fields(
        of_prototype, call.repository<CredentialTypeField>().list({.equals = {{"credential_type_id", type.id.value}}}));
}

}  // namespace mf
