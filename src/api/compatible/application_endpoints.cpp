// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"
#include "base/digest.h"
#include "base/json.h"

namespace mf::compatible {
namespace {

constexpr std::string_view app_orders[] = {"name", "code", "uuid", "version", "executable", "DatCreate", "DatUpdate"};

Result<Answer> list_apps(Exchange& exchange) {
    return list(exchange, {.operation = "application:list",
                           .columns = app_columns(),
                           .element = "application",
                           .link = "app",
                           .has_ids_as_keys = true,
                           .orders = app_orders});
}

/// A text that may have several languages.
json::value in_english(const json::value& text) {
    const auto* languages = text.if_object();
    if (!languages) return text.is_string() ? text : json::value(nullptr);
    if (languages->empty()) return nullptr;
    const auto* english = languages->if_contains("en");
    return english ? *english : languages->begin()->value();
}

/// The types that clients know.
std::string_view environment_type(std::string_view type) {
    for (const std::string_view known : {"text", "string", "password", "file-path", "bool", "integer", "set"})
        if (type == known) return known;
    return "string";
}

json::object environment_of(const json::array& fields) {
    json::object out;
    for (const auto& each : fields) {
        const auto& field = each.as_object();
        out[field.at("name").as_string()] = {{"type", environment_type(field.at("type").as_string())},
                                             {"description", in_english(field.at("description"))},
                                             {"defval", field.at("defval")},
                                             {"required", field.at("required")}};
    }
    return out;
}

json::object exit_codes_of(const json::object& record) {
    json::object out;
    const auto* codes = record.if_contains("exit_codes");
    if (!codes || !codes->is_object()) return out;
    for (const auto& [code, meaning] : codes->get_object()) {
        auto shown = meaning.as_object();
        auto& description = shown["description"];
        if (description.is_string()) description = json::object{{"en", std::string(description.get_string())}};
        if (!description.is_object()) description = json::object();
        // The worst that clients know.
        if (shown.at("severity") == "critical") shown["severity"] = "error";
        out[code] = std::move(shown);
    }
    return out;
}

/// What it produces or consumes, by name, as its definition says.
json::value data_of(const json::value& definition, std::string_view direction) {
    const auto* members = definition.if_object();
    const auto* data = members ? members->if_contains(direction) : nullptr;
    return data && data->is_object() ? *data : json::value(json::object());
}

Result<json::object> whole_app(const Exchange& exchange, std::int64_t id) {
    const auto record = exchange.record("application:get", {{"id", id}});
    if (!record) return record.error();
    const auto fields = exchange.call("application:show-config", {{"id", id}});
    if (!fields) return fields.error();
    const auto exported = exchange.record("application:export", {{"id", id}});
    if (!exported) return exported.error();
    const auto definition = parse_json(exported->at("document").as_string());
    if (!definition) return definition.error();
    auto out = shaped(app_columns(), *record, exchange.zone());
    out["environment"] = environment_of(fields->as_array());
    out["exitCodes"] = exit_codes_of(*record);
    for (const auto* direction : {"produces", "consumes"}) out[direction] = data_of(*definition, direction);
    return out;
}

Result<Answer> show_app(Exchange& exchange) {
    auto found = whole_app(exchange, exchange.id());
    if (!found) return found.error();
    return Answer{.body = *std::move(found)};
}

Result<Answer> save_app(Exchange& exchange) {
    constexpr Taken wanted[] = {{"uuid"},
                                {"name"},
                                {"executable"},
                                {"description"},
                                {"ociimage"},
                                {"homepage"},
                                {"version"},
                                {"cmdparams", "arguments"},
                                {"topics", "tags", Takes::words},
                                {"tags", "", Takes::words},
                                {"requirements", "", Takes::words},
                                {"enabled", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto meant = exchange.meant_record("appId");
    if (!meant) return meant.error();
    const auto id = *meant;
    if (id)
        (*input)["id"] = *id;
    else if (!input->contains("uuid"))
        (*input)["uuid"] = random_uuid();
    const auto saved = exchange.record(id ? "application:update" : "application:create", *input);
    if (!saved) return saved.error();
    auto whole = whole_app(exchange, saved->at("id").as_int64());
    if (!whole) return whole.error();
    return Answer{.body = *std::move(whole), .status = 201};
}

constexpr Endpoint application_table[] = {
    {"GET", "apps", Who::accounts, "App", list_apps},
    {"GET", "app/{id}", Who::accounts, "App", show_app},
    {"POST", "app", Who::accounts, "App", save_app},
};

}  // namespace

std::span<const Endpoint> application_endpoints() { return application_table; }

}  // namespace mf::compatible
