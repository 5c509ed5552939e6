// SPDX-License-Identifier: MIT
#include "contract/openapi/exchanges.h"

#include <stdexcept>

namespace mf::testing {
namespace {

std::string text_of_value(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

const json::object& operation_named(const json::object& document, std::string_view id, DescribedRequest& out) {
    for (const auto& [path, item] : document.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object())
            if (operation.at("operationId").as_string() == id) {
                out = {std::string(id), TenantsDesk::upper(method), std::string(path), {}, {}};
                return operation.as_object();
            }
    throw std::runtime_error(fmt::format("the description has no operation {}", id));
}

}  // namespace

void Exchanges::note(std::string_view operation, std::string_view how, http::Response answer) {
    if (answer.source) answer.body = ApiDesk::streamed(answer);
    // As the server does it.
    if (answer.events) answer.headers.set("Content-Type", "text/event-stream");
    json::array headers;
    for (const auto& [name, value] : answer.headers) headers.push_back(json::array{name, value});
    all_.push_back(json::object{{"operation", operation},
                                {"how", how},
                                {"status", answer.status},
                                {"headers", std::move(headers)},
                                {"body", answer.body}});
}

std::string DescribedRequest::target() const {
    auto out = path;
    char mark = '?';
    for (const auto& [name, value] : parameters) {
        const auto placeholder = fmt::format("{{{}}}", std::string_view(name));
        const auto text = percent_encoded(text_of_value(value));
        if (const auto at = out.find(placeholder); at != std::string::npos)
            out.replace(at, placeholder.size(), text);
        else
            out += fmt::format("{}{}={}", std::exchange(mark, '&'), std::string_view(name), text);
    }
    return out;
}

http::Response send(ContractDesk& desk, const DescribedRequest& request, http::Headers headers) {
    if (request.body) return desk.ask_json(request.method, request.target(), std::move(headers), *request.body);
    return desk.ask(request.method, request.target(), std::move(headers));
}

DescribedRequest request_of(const json::object& document, std::string_view id, const json::object& input) {
    DescribedRequest out;
    const auto& operation = operation_named(document, id, out);
    auto left = input;
    for (const auto& parameter : operation.at("parameters").as_array()) {
        const auto* name = parameter.as_object().if_contains("name");
        const auto* value = name ? left.if_contains(name->as_string()) : nullptr;
        if (!value) continue;
        // Lists are shortened to one page by the test of lists; here they are to be complete.
        out.parameters[name->as_string()] = *value;
        left.erase(name->as_string());
    }
    const auto* body = operation.if_contains("requestBody");
    if (!body) return out;
    const auto& properties = body->at("content").at("application/json").at("schema").at("properties").as_object();
    out.body.emplace();
    for (const auto& [name, value] : left)
        if (properties.contains(name)) (*out.body)[name] = value;
    return out;
}

std::vector<DescribedRequest> described_operations(const json::object& document) {
    std::vector<DescribedRequest> out;
    for (const auto& [path, item] : document.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object())
            out.push_back({std::string(operation.at("operationId").as_string()),
                           TenantsDesk::upper(method),
                           std::string(path),
                           {},
                           {}});
    return out;
}

}  // namespace mf::testing
