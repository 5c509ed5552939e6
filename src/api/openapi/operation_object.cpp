// SPDX-License-Identifier: MIT
#include "api/openapi/operation_object.h"

#include "api/openapi/answers.h"
#include "api/openapi/examples.h"
#include "api/openapi/parts.h"
#include "api/openapi/statuses.h"
#include "api/rest_input.h"
#include "base/text.h"
#include "service/operation_schema.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf::openapi {
namespace {

std::string needed_permission(const Operation& operation) {
    switch (operation.permission) {
        case Permission::anyone: return "Nobody has to be signed in.";
        case Permission::own: return "For everybody who is signed in.";
        default: break;
    }
    return fmt::format("Needs the permission `{}` {}.", name_of(operation.permission),
                       is_of_company(operation.permission) ? "in the company" : "of the installation");
}

std::string explanation(const Operation& operation) {
    auto out = operation.summary + "\n\n" + needed_permission(operation);
    if (operation.discloses == Discloses::secret)
        out += " The answer holds a secret, which is not kept for a second answer: leave `Idempotency-Key` out.";
    auto words = operation.name;
    if (const auto colon = words.find(':'); colon != std::string::npos) words[colon] = ' ';
    return out + fmt::format("\n\nOn the command line: `multiflexi-cli {}`.", words);
}

/// Takes the properties that stand in the path out of the input, as parameters.
json::array path_parameters(const Operation& operation, const Route& route, json::object& properties) {
    json::array out;
    for (auto open = route.path.find('{'); open != std::string::npos; open = route.path.find('{', open + 1)) {
        const auto name = route.path.substr(open + 1, route.path.find('}', open) - open - 1);
        auto* property = properties.if_contains(name);
        if (!property) throw std::logic_error(fmt::format("{}: nothing is called {}", route.path, name));
        auto schema = std::move(property->as_object());
        properties.erase(name);
        json::object parameter{{"name", name}, {"in", "path"}, {"required", true}};
        if (const auto* words = schema.if_contains("description")) parameter["description"] = *words;
        parameter["example"] = example_of(schema, {tag_of(operation), name}, {});
        parameter["schema"] = std::move(schema);
        out.push_back(std::move(parameter));
    }
    return out;
}

void add_query_parameters(json::array& out, const json::object& input) {
    const auto* required = input.if_contains("required");
    for (const auto& [name, schema] : input.at("properties").as_object()) {
        json::object parameter{{"name", name}, {"in", "query"}};
        if (const auto* words = schema.as_object().if_contains("description")) parameter["description"] = *words;
        if (required && std::ranges::find(required->as_array(), json::value(name)) != required->as_array().end())
            parameter["required"] = true;
        parameter["schema"] = schema;
        out.push_back(std::move(parameter));
    }
}

/// The input without what has found another place.
void leave_only_present(json::object& input) {
    auto* required = input.if_contains("required");
    if (!required) return;
    json::array left;
    for (auto& name : required->as_array())
        if (input.at("properties").as_object().contains(name.as_string())) left.push_back(std::move(name));
    if (left.empty())
        input.erase("required");
    else
        input["required"] = std::move(left);
}

/// What names the same thing as the path, and need not be said twice.
constexpr std::string_view names_of_people[] = {"login", "email"};

json::object request_body(const Operation& operation, const Route& route, json::object input,
                          const json::object& schemas) {
    auto example = example_of_input(input, tag_of(operation), schemas);
    if (route.path.find("{user_id}") != std::string::npos || operation.name == "user:password")
        for (const auto name : names_of_people) example.erase(name);
    if (example.contains("document")) example.erase("uuid");
    json::object content{{"schema", input}, {"example", std::move(example)}};
    json::object media{{"application/json", content}};
    if (route.method == "patch") media["application/merge-patch+json"] = std::move(content);
    return {{"required", input.contains("required")}, {"content", std::move(media)}};
}

json::object success(const Operation& operation, const Answer& answer, const json::object& schemas, bool is_made) {
    auto out = response_with(is_made                             ? "It was made."
                             : operation.access == Access::reads ? "What was asked for."
                                                                 : "Done.",
                             "application/json", answer.schema);
    out["content"].at("application/json").as_object()["example"] =
        example_of(answer.schema, {tag_of(operation), {}}, schemas);
    json::object headers;
    if (is_made) headers["Location"] = reference("headers", "Location");
    if (operation.route.starts_with("GET ") && answer.kind == Answer::Kind::record)
        headers["ETag"] = reference("headers", "ETag");
    if (is_paged(operation)) headers["Link"] = reference("headers", "Link");
    if (takes_idempotency_key(operation))
        headers["Idempotency-Replayed"] = reference("headers", "Idempotency-Replayed");
    if (!headers.empty()) out["headers"] = std::move(headers);
    return out;
}

}  // namespace

Route route_of(const Operation& operation) {
    const auto blank = operation.route.find(' ');
    return {lower(operation.route.substr(0, blank)), operation.route.substr(blank + 1)};
}

std::string_view tag_of(const Operation& operation) {
    const auto path = std::string_view(operation.route).substr(operation.route.find('/') + 1);
    return path.substr(0, path.find('/'));
}

bool takes_idempotency_key(const Operation& operation) {
    return operation.route.starts_with("POST ") && operation.access == Access::changes &&
           operation.discloses == Discloses::nothing && operation.permission != Permission::anyone;
}

json::object operation_object(const Operation& operation, const Operations& operations, const json::object& schemas) {
    const auto route = route_of(operation);
    const auto answer = answer_of(operation);
    auto input = input_schema(operation);
    auto& properties = input.at("properties").as_object();
    properties.erase("nothing");
    auto parameters = path_parameters(operation, route, properties);
    if (is_paged(operation)) {
        for (const auto name : {"limit", "after"}) properties.erase(name);
        for (const auto name : {"limit", "cursor"}) parameters.push_back(reference("parameters", name));
    }
    const bool has_members = !properties.empty();
    leave_only_present(input);  // moves the members
    json::object out{{"operationId", operation.name},
                     {"summary", operation.summary},
                     {"description", explanation(operation)},
                     {"tags", {tag_of(operation)}}};
    const bool has_body = route.method != "get" && route.method != "delete";
    if (!has_body) add_query_parameters(parameters, input);
    parameters.push_back(reference("parameters", "fields"));
    const auto problems = problem_statuses(operation, operations);
    if (problems.contains(304)) parameters.push_back(reference("parameters", "If-None-Match"));
    if (problems.contains(412)) parameters.push_back(reference("parameters", "If-Match"));
    if (takes_idempotency_key(operation)) parameters.push_back(reference("parameters", "Idempotency-Key"));
    out["parameters"] = std::move(parameters);
    if (has_body && has_members) out["requestBody"] = request_body(operation, route, std::move(input), schemas);
    const bool is_made = operation.name.ends_with(":create");
    json::object responses{{is_made ? "201" : "200", success(operation, answer, schemas, is_made)}};
    for (const int status : problems) responses[fmt::to_string(status)] = reference("responses", response_name(status));
    responses["default"] = reference("responses", response_name(0));
    out["responses"] = std::move(responses);
    if (operation.permission == Permission::anyone) out["security"] = json::array();
    out["x-permission"] = name_of(operation.permission);
    if (operation.deprecated) out["deprecated"] = true;
    return out;
}

}  // namespace mf::openapi
