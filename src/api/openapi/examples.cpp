// SPDX-License-Identifier: MIT
#include "api/openapi/examples.h"

#include "base/json.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace mf::openapi {
namespace {

/// What members of these names hold, as JSON; those of a tag count before those of any.
const std::map<std::string_view, std::string_view>& telling_values() {
    static const std::map<std::string_view, std::string_view> values{
        {"name", R"("Nightly import")"},
        {"companies.name", R"("Acme Ltd.")"},
        {"applications.name", R"("Order import")"},
        {"applications.code", R"("order-import")"},
        {"credentials.name", R"("Account at the bank")"},
        {"credential-types.name", R"("Bank")"},
        {"credential-prototypes.name", R"("Bank")"},
        {"credential-prototypes.code", R"("Bank")"},
        {"account.code", R"("123456")"},
        {"companies.reason", R"("stock-taking")"},
        {"companies.pause_reason", R"("stock-taking")"},
        {"nodes.name", R"("server1")"},
        {"tokens.name", R"("build server")"},
        {"ic", R"("12345678")"},
        {"begin", R"("2026-11-30T02:00:01Z")"},
        {"end", R"("2026-11-30T02:00:09Z")"},
        {"last_used_at", R"("2026-11-30T02:00:00Z")"},
        {"finished_at", R"("2026-11-30T02:00:09Z")"},
        {"company_name", R"("Acme Ltd.")"},
        {"company", R"("acme")"},
        {"company_slug", R"("acme")"},
        {"code", R"("acme")"},
        {"class", R"("Bank")"},
        {"prototype", R"("Bank")"},
        {"email", R"("anna@example.com")"},
        {"login", R"("anna")"},
        {"firstname", R"("Anna")"},
        {"lastname", R"("Smith")"},
        {"user", R"("anna")"},
        {"created_by", R"("anna")"},
        {"password", R"("correct horse battery")"},
        {"current", R"("wrong horse battery")"},
        {"plaintext", R"("correct horse battery")"},
        {"token", R"("mfx_Vb1d0Zq3")"},
        {"shown", R"("mfx_Vb1d")"},
        {"uuid", R"("0b2a55d4-8d64-4f5c-9e1e-d6e4c7c8f0a1")"},
        {"app_uuid", R"("0b2a55d4-8d64-4f5c-9e1e-d6e4c7c8f0a1")"},
        {"description", R"("Imports the orders of the day")"},
        {"note", R"("asked for by accounting")"},
        {"reason", R"("no longer needed")"},
        {"message", R"("done")"},
        {"version", R"("1.2.0")"},
        {"executable", R"("/usr/bin/import-orders")"},
        {"arguments", R"("--since yesterday")"},
        {"command", R"("/usr/bin/import-orders --since yesterday")"},
        {"executor", R"("Native")"},
        {"interv", R"("d")"},
        {"cron", R"("")"},
        {"zone", R"("Europe/Prague")"},
        {"anchor", R"("02:00")"},
        {"schedule_time", R"("now")"},
        {"scheduled", R"("now")"},
        {"until", R"("2026-12-01 06:00")"},
        {"expires", R"("2027-01-01")"},
        {"filename", R"("report.csv")"},
        {"content_type", R"("text/csv")"},
        {"sha256", R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")"},
        {"address", R"("192.0.2.7")"},
        {"homepage", R"("https://example.com")"},
        {"url", R"("https://example.com")"},
        {"applications.document",
         R"("{\"uuid\": \"0b2a55d4-8d64-4f5c-9e1e-d6e4c7c8f0a1\", \"name\": \"Order import\", )"
         R"(\"description\": \"Imports orders\", \"version\": \"1.2.0\", )"
         R"(\"executable\": \"/usr/bin/import-orders\", \"environment\": {}}")"},
        {"credential-types.document",
         R"("{\"uuid\": \"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a14\", \"code\": \"Bank\", )"
         R"(\"name\": {\"en\": \"Bank\"}, \"description\": {\"en\": \"Account at a bank\"}, )"
         R"(\"version\": \"1.0\", \"fields\": []}")"},
        {"credential-prototypes.document",
         R"("{\"uuid\": \"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a13\", \"code\": \"Shop\", )"
         R"(\"name\": \"Shop\", \"version\": \"1.0\", \"fields\": []}")"},
        {"value", R"("https://shop.example.com")"},
        {"keyword", R"("SHOP_URL")"},
        {"env", R"({"SHOP_URL": "https://shop.example.com"})"},
        {"config", R"({"SHOP_URL": "https://shop.example.com"})"},
        {"fields", R"({"BANK_LOGIN": "acme"})"},
        {"roles", R"(["editor"])"},
        {"role", R"("operator")"},
        {"permissions", R"(["view", "run"])"},
        {"days", "90"},
        {"keep", "1000"},
        {"exitcode", "0"},
        {"output", R"("10 orders imported\n")"},
        {"stdout", R"("10 orders imported\n")"},
        {"next", "null"},
        {"host", R"("server1")"},
        {"entry", R"("api")"},
        {"entity", R"("company")"},
        {"action", R"("update")"},
    };
    return values;
}

/// What a body of an example may hold besides what it must: the most telling first. People are named once: by the path,
/// or by their login.
constexpr std::string_view members_of_bodies[] = {"app_id",
                                                  "company_id",
                                                  "credential_type_id",
                                                  "runtemplate_id",
                                                  "class",
                                                  "name",
                                                  "login",
                                                  "fields",
                                                  "executable",
                                                  "interv",
                                                  "schedule_time",
                                                  "scheduled",
                                                  "code",
                                                  "document",
                                                  "role",
                                                  "roles",
                                                  "current",
                                                  "password",
                                                  "until",
                                                  "reason",
                                                  "value",
                                                  "expires",
                                                  "uuid",
                                                  "jobs",
                                                  "keep",
                                                  "email",
                                                  "firstname",
                                                  "env"};
constexpr std::size_t most_members = 4;

const json::object& resolved(const json::object& schema, const json::object& schemas) {
    constexpr std::string_view place = "#/components/schemas/";
    const auto* reference = schema.if_contains("$ref");
    if (!reference) return schema;
    return schemas.at(std::string_view(reference->as_string()).substr(place.size())).as_object();
}

std::string_view type_of(const json::object& schema) {
    const auto* type = schema.if_contains("type");
    if (!type) return "object";
    return type->is_array() ? type->as_array().front().as_string() : type->as_string();
}

bool may_be_null(const json::object& schema) {
    const auto* types = schema.if_contains("type");
    return types && types->is_array() &&
           std::ranges::find(types->as_array(), json::value("null")) != types->as_array().end();
}

bool fits(const json::value& value, const json::object& schema) {
    if (value.is_null()) return may_be_null(schema);
    const auto type = type_of(schema);
    if (type == "string") {
        if (!value.is_string()) return false;
        const auto* longest = schema.if_contains("maxLength");
        const auto* format = schema.if_contains("format");
        const std::string_view text = value.as_string();
        const bool is_time = text.starts_with("20") && text.ends_with('Z');
        return is_time == (format && format->as_string() == "date-time") &&
               (!longest || value.as_string().size() <= longest->to_number<std::size_t>());
    }
    if (type == "integer" || type == "number") return value.is_int64();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return false;
}

void add_members(json::object& out, const json::object& schema, std::string_view tag, const json::object& schemas) {
    const auto* properties = schema.if_contains("properties");
    if (!properties) return;
    for (const auto& [name, member] : properties->as_object())
        out[name] = example_of(member.as_object(), {tag, name}, schemas);
}

}  // namespace

json::value example_of(const json::object& given, Place place, const json::object& schemas) {
    const auto& schema = resolved(given, schemas);
    if (const auto* all = schema.if_contains("allOf")) {
        json::object out;
        for (const auto& part : all->as_array())
            add_members(out, resolved(part.as_object(), schemas), place.tag, schemas);
        return out;
    }
    if (const auto* choices = schema.if_contains("enum")) return choices->as_array().front();
    if (const auto* preset = schema.if_contains("default")) return *preset;
    for (const auto& key : {fmt::format("{}.{}", place.tag, place.name), std::string(place.name)})
        if (const auto known = telling_values().find(key); known != telling_values().end())
            if (const auto value = parse_json(known->second); value && fits(*value, schema)) return *value;
    if (may_be_null(schema) && !place.name.ends_with("_id")) return nullptr;
    const auto type = type_of(schema);
    if (type == "boolean") return true;
    if (type == "integer") return schema.contains("minimum") ? schema.at("minimum") : json::value(1);
    if (type == "number") return 1.0;
    if (type == "array") {
        if (place.name == "next") return json::array{"2026-12-01T02:00:00+01:00"};
        const auto* items = schema.if_contains("items");
        return json::array{items ? example_of(items->as_object(), {place.tag, {}}, schemas) : json::value("text")};
    }
    if (type == "string") {
        const auto* format = schema.if_contains("format");
        if (format && format->as_string() == "date-time") return "2026-11-30T02:00:00Z";
        if (format && format->as_string() == "password") return "correct horse battery";
        return schema.contains("pattern") ? "k120" : "text";
    }
    json::object out;
    add_members(out, schema, place.tag, schemas);
    if (const auto* others = schema.if_contains("additionalProperties"); out.empty() && others && others->is_object())
        out["SHOP_URL"] = "https://shop.example.com";
    return out;
}

json::object example_of_input(const json::object& schema, std::string_view tag, const json::object& schemas) {
    json::object out;
    const auto& properties = schema.at("properties").as_object();
    const auto add = [&](std::string_view name) {
        if (const auto* member = properties.if_contains(name); member && !out.contains(name))
            out[name] = example_of(member->as_object(), {tag, name}, schemas);
    };
    if (const auto* required = schema.if_contains("required"))
        for (const auto& name : required->as_array()) add(name.as_string());
    for (const auto name : members_of_bodies) {
        if (out.size() >= most_members) break;
        add(name);
    }
    return out;
}

}  // namespace mf::openapi
