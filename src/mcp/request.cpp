// SPDX-License-Identifier: MIT
#include "mcp/request.h"

#include <fmt/format.h>

namespace mf::mcp {

const Operation* Request::find(std::string_view operation) const {
    const auto found = std::ranges::find(operations, operation, &Operation::name);
    return found == operations.end() ? nullptr : &*found;
}

Result<json::value> Request::perform(std::string_view operation, const json::object& input) const {
    const auto* known = find(operation);
    if (!known) throw std::logic_error(fmt::format("there is no operation {}", operation));
    return host.perform(*known, input, caller);
}

std::optional<std::string> text_param(const json::object& params, std::string_view name) {
    const auto* given = params.if_contains(name);
    if (!given || !given->is_string()) return std::nullopt;
    return std::string(given->get_string());
}

}  // namespace mf::mcp
