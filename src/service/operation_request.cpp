// SPDX-License-Identifier: MIT
#include "service/operation_request.h"

#include "base/json.h"
#include "base/text.h"
#include "net/url.h"

namespace mf {
namespace {

std::string text_in_address(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

/// Empty segments, dots and slashes are changed on their way by programs that tidy addresses (RFC 3986, section 5.2.4).
bool is_safe_segment(std::string_view text) {
    return !text.empty() && text != not_in_path && text.find_first_not_of('.') != text.npos &&
           text.find('/') == text.npos;
}

}  // namespace

bool is_paged(const Operation& operation) {
    return operation.access == Access::reads && operation.input->find("after") && operation.input->find("limit");
}

OperationRequest request_of(const Operation& operation, json::object input) {
    const std::string_view route = operation.route;
    const auto blank = route.find(' ');
    OperationRequest out{.method = std::string(route.substr(0, blank)), .target = {}};
    for (const auto segment : split(route.substr(blank + 2), '/')) {
        out.target += '/';
        if (!segment.starts_with('{')) {
            out.target += segment;
            continue;
        }
        const auto name = segment.substr(1, segment.size() - 2);
        const auto* value = input.if_contains(name);
        const auto text = value && !value->is_null() ? text_in_address(*value) : std::string();
        if (!is_safe_segment(text)) {
            out.target += not_in_path;
            continue;
        }
        out.target += percent_encoded(text);
        input.erase(name);
    }
    if (out.method != "GET" && out.method != "DELETE") {
        if (!input.empty()) out.body = to_text(json::value(std::move(input)));
        return out;
    }
    char mark = '?';
    for (const auto& [name, value] : input) {
        if (value.is_null()) continue;
        out.target += mark;
        out.target += percent_encoded(name) + '=' + percent_encoded(text_in_address(value));
        mark = '&';
    }
    return out;
}

Again again_of(const Operation& operation) {
    if (operation.access == Access::reads) return Again::yes;
    // What goes through all secrets part by part would find the answers that are kept for its own keys, without end.
    const bool keeps_answer = operation.route.starts_with("POST ") && operation.discloses == Discloses::nothing &&
                              !operation.input->find("after");
    return keeps_answer ? Again::with_key : Again::no;
}

}  // namespace mf
