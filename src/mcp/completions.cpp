// SPDX-License-Identifier: MIT
#include "mcp/completions.h"

#include "mcp/tool_answer.h"

#include <boost/json/array.hpp>

namespace mf::mcp {
namespace {

constexpr std::size_t most_values = 100;  // the protocol allows no more
constexpr std::int64_t most_looked_at = 1000;

/// Where the values of an argument come from.
struct Candidates {
    std::string_view reference;  ///< name of the prompt, or address of the resource
    std::string_view argument;
    std::string_view operation;
    std::string_view member;  ///< of its records
    std::string_view status = {};
};
constexpr Candidates candidates[] = {
    {"job-failure", "job", "job:list", "id", "failed"},
    {"tonight", "company", "company:list", "code"},
    {"recent-failures", "company", "company:list", "code"},
    {"multiflexi://companies/{id}", "id", "company:list", "id"},
    {"multiflexi://jobs/{id}", "id", "job:list", "id"},
    {"multiflexi://jobs/{id}/output", "id", "job:list", "id"},
    {"multiflexi://runtemplates/{id}", "id", "runtemplate:list", "id"},
};

}  // namespace

RpcResult complete_argument(const Request& request, const json::object& params) {
    const auto object_param = [&](std::string_view name) {
        const auto* given = params.if_contains(name);
        return given ? given->if_object() : nullptr;
    };
    const auto *reference = object_param("ref"), *argument = object_param("argument");
    if (!reference || !argument) return invalid_params("completion/complete needs the objects 'ref' and 'argument'.");
    const auto kind = text_param(*reference, "type");
    const auto wanted = text_param(*reference, kind == "ref/prompt" ? "name" : "uri");
    const auto name = text_param(*argument, "name"), begun = text_param(*argument, "value");
    const auto known = std::ranges::find_if(
        candidates, [&](const Candidates& each) { return wanted == each.reference && name == each.argument; });
    if ((kind != "ref/prompt" && kind != "ref/resource") || known == std::end(candidates) || !begun)
        return invalid_params("There is no such prompt or resource with that argument.");
    json::array values;
    bool more = false;
    if (request.caller.rights.may(Permission::view)) {
        json::object input{{"limit", most_looked_at}, {"order", "D"}};
        if (!known->status.empty()) input["status"] = known->status;
        const auto found = request.perform(known->operation, input);
        if (!found) return RpcError{RpcError::internal, sentences_of(found.error()), nullptr};
        for (const auto& record : found->as_array()) {
            const auto& value = record.as_object().at(known->member);
            const auto text = value.is_string() ? std::string(value.get_string()) : to_text(value);
            if (!text.starts_with(*begun)) continue;
            more = values.size() == most_values;
            if (more) break;
            values.emplace_back(text);
        }
    }
    return json::object{{"completion", {{"values", std::move(values)}, {"hasMore", more}}}};
}

}  // namespace mf::mcp
