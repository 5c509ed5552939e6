// SPDX-License-Identifier: MIT
#include "mcp/tools.h"

#include "domain/entity_schema.h"
#include "service/operation_schema.h"

#include <fmt/format.h>

namespace mf::mcp {
namespace {

/// Who is here, how they sign in and what they may do: an assistant must not make itself a key.
bool is_about_people(std::string_view name) {
    constexpr std::string_view of_people[] = {
        "user:", "user-role:", "user-company:", "user-erasure:", "token:", "account:"};
    return std::ranges::any_of(of_people, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Their values are secrets for the most part, whatever the names of the fields are.
bool stores_secrets(std::string_view name) {
    constexpr std::string_view of_values[] = {"credential:create",      "credential:update",
                                              "credential:rotate",      "credential-type:create",
                                              "credential-type:update", "company:variable-set"};
    return std::ranges::find(of_values, name) != std::end(of_values);
}

/// Posted, and yet no mere addition.
constexpr std::string_view destructive_actions[] = {"cancel",   "cleanup", "truncate", "prune", "remove",
                                                    "rollback", "rotate",  "drain",    "pause", "import",
                                                    "sync",     "set",     "fix"};

std::string_view action_of(const Operation& operation) {
    const std::string_view name = operation.name;
    const auto colon = name.find(':');
    return colon == name.npos ? name : name.substr(colon + 1);
}

/// "readOnlyHint" and its like, of the schema of the protocol (ToolAnnotations). What HTTP says of the method of the
/// route (RFC 9110, section 9.2) is what these words ask.
json::object annotations_of(const Operation& operation) {
    if (operation.access == Access::reads) return {{"readOnlyHint", true}, {"openWorldHint", bool(operation.talk)}};
    const std::string_view route = operation.route;
    const bool only_adds = route.starts_with("POST ") && std::ranges::find(destructive_actions, action_of(operation)) ==
                                                             std::end(destructive_actions);
    return {{"readOnlyHint", false},
            {"destructiveHint", !only_adds},
            {"idempotentHint", route.starts_with("PUT ") || route.starts_with("DELETE ")},
            // A job may do anything.
            {"openWorldHint", operation.talk || operation.permission == Permission::run}};
}

json::object answer_schema(const Operation& operation) {
    auto record = record_schema(*operation.output);
    if (!operation.lists) return record;
    return {
        {"type", "object"},
        {"properties", {{"items", {{"type", "array"}, {"items", std::move(record)}}}, {"more", {{"type", "boolean"}}}}},
        {"required", {"items"}}};
}

}  // namespace

Offer offer_of(const Operation& operation) {
    const bool changes_people = operation.access == Access::changes && is_about_people(operation.name);
    if (operation.permission == Permission::own || operation.permission == Permission::anyone || changes_people ||
        stores_secrets(operation.name) || operation.name == "telemetry:test" ||
        operation.discloses == Discloses::secret)
        return Offer::never;
    for (const Field& field : operation.input->fields)
        if (field.options.secret && field.options.required) return Offer::never;
    return operation.access == Access::changes ? Offer::changes : Offer::reads;
}

std::string tool_name(std::string_view operation) {
    std::string out(operation);
    std::ranges::replace_if(
        out, [](char c) { return c == ':' || c == '-'; }, '_');
    return out;
}

bool is_bounded_list(const Operation& operation) {
    return operation.access == Access::reads && operation.input->find("limit");
}

json::object describe_tool(const Operation& operation, Revision revision, const Options& options) {
    auto schema = input_schema(operation);
    auto& properties = schema.at("properties").as_object();
    for (const Field& field : operation.input->fields)
        if (field.options.secret) properties.erase(field.name);
    std::string description = operation.summary;
    if (is_bounded_list(operation)) {
        auto& limit = properties.at("limit").as_object();
        limit["default"] = options.usual_records;
        limit["minimum"] = 1;
        limit["maximum"] = options.most_records;
        description += fmt::format(" At most {} at once, unless 'limit' says otherwise.", options.usual_records);
    }
    json::object out{{"name", tool_name(operation.name)}};
    if (has_titles(revision)) out["title"] = operation.name;
    out["description"] = std::move(description);
    out["inputSchema"] = std::move(schema);
    if (has_structured_answers(revision) && operation.output) out["outputSchema"] = answer_schema(operation);
    if (has_annotations(revision)) out["annotations"] = annotations_of(operation);
    return out;
}

}  // namespace mf::mcp
