// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

constexpr std::string_view credential_orders[] = {"name", "company_id", "formType", "credential_type_id"};
constexpr std::string_view credential_type_orders[] = {"name",       "uuid",      "prototype", "version",
                                                       "company_id", "DatCreate", "DatUpdate"};

Result<Answer> list_all_credentials(Exchange& exchange) {
    return list(exchange, {.operation = "credential:list",
                           .columns = credential_columns(),
                           .element = "credential",
                           .link = "credential",
                           .orders = credential_orders});
}

Result<Answer> show_credential(Exchange& exchange) {
    const auto found = exchange.record("credential:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(credential_columns(), *found, exchange.zone())};
}

/// The field that "value" means: the only secret one of the type, or else the only one. The credentials of the former
/// interface had just one value.
Result<std::string> field_meant(const Exchange& exchange, const json::value& type_id) {
    const auto type = exchange.record("credential-type:get", {{"id", type_id}});
    if (!type) return type.error();
    std::vector<std::string> all, secret;
    for (const auto& each : type->at("fields").as_array()) {
        const auto& field = each.as_object();
        if (field.at("orphaned").as_bool()) continue;
        all.emplace_back(field.at("keyword").as_string());
        if (field.at("secret").as_bool()) secret.push_back(all.back());
    }
    if (secret.size() == 1) return secret.front();
    if (all.size() == 1) return all.front();
    return Error{
        ErrorCode::invalid,
        fmt::format("This credential has several values. Send them by name, as fields: {}.", fmt::join(all, ", ")),
        {{"value", "does not say which value is meant"}}};
}

Result<Answer> change_credential(Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"}, {"company_id", "", Takes::number}, {"credential_type_id", "", Takes::number}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto record = exchange.record("credential:get", {{"id", exchange.id()}});
    if (!record) return record.error();
    leave_shortened(*input, credential_columns(), *record);
    (*input)["id"] = exchange.id();
    json::object fields;
    if (const auto* given = exchange.given().if_contains("fields"); given && given->is_object())
        fields = given->get_object();
    if (const auto value = exchange.text("value"); value && !value->empty()) {
        const auto* type = input->if_contains("credential_type_id");
        const auto field = field_meant(exchange, type ? *type : record->at("credential_type_id"));
        if (!field) return field.error();
        fields[*field] = *value;
    }
    if (!fields.empty()) (*input)["fields"] = std::move(fields);
    const auto changed = exchange.record("credential:update", *input);
    if (!changed) return changed.error();
    auto shown = shaped(credential_columns(), *changed, exchange.zone());
    // A word about the kind of value, which clients send and want to read again.
    if (const auto type = exchange.text("type")) shown["type"] = *type;
    return Answer{.body = std::move(shown), .status = 201};
}

// ---- types ----

Result<Answer> list_all_credential_types(Exchange& exchange) {
    return list(exchange, {.operation = "credential-type:list",
                           .columns = credential_type_columns(),
                           .element = "credential_type",
                           .link = "credential_type",
                           .orders = credential_type_orders});
}

Result<Answer> show_credential_type(Exchange& exchange) {
    const auto found = exchange.record("credential-type:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(credential_type_columns(), *found, exchange.zone())};
}

Result<Answer> change_credential_type(Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"}, {"url"}, {"logo"}, {"description"}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto record = exchange.record("credential-type:get", {{"id", exchange.id()}});
    if (!record) return record.error();
    leave_shortened(*input, credential_type_columns(), *record);
    (*input)["id"] = exchange.id();
    const auto changed = exchange.record("credential-type:update", *input);
    if (!changed) return changed.error();
    return Answer{.body = shaped(credential_type_columns(), *changed, exchange.zone()), .status = 201};
}

constexpr Endpoint credential_table[] = {
    {"GET", "credentials", Who::permitted_guests, "Credential", list_all_credentials, true},
    {"GET", "credential/{id}", Who::permitted_guests, "Credential", show_credential, true},
    {"POST", "credential/{id}", Who::accounts, "Credential", change_credential, true},
    {"GET", "credential_types", Who::permitted_guests, "Credential type", list_all_credential_types, true},
    {"GET", "credential_type/{id}", Who::permitted_guests, "Credential type", show_credential_type, true},
    {"POST", "credential_type/{id}", Who::accounts, "Credential type", change_credential_type, true},
};

}  // namespace

std::span<const Endpoint> credential_endpoints() { return credential_table; }

}  // namespace mf::compatible
