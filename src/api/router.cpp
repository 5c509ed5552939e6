// SPDX-License-Identifier: MIT
#include "api/router.h"

#include "base/text.h"
#include "service/operation_request.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf {

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> words;
    std::unique_ptr<Node> placeholder;
    std::map<std::string, std::pair<const Operation*, std::vector<std::string>>, std::less<>> methods;
};

Router::Router(const Operations& operations) : root_(std::make_unique<Node>()) {
    for (const Operation& operation : operations) {
        const std::string_view route = operation.route;
        const auto blank = route.find(' ');
        Node* node = root_.get();
        std::vector<std::string> names;
        for (const auto segment : split(route.substr(blank + 2), '/')) {
            const bool is_placeholder = segment.starts_with('{');
            if (is_placeholder) names.emplace_back(segment.substr(1, segment.size() - 2));
            auto& next = is_placeholder ? node->placeholder : node->words[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
        if (!node->methods.try_emplace(std::string(route.substr(0, blank)), &operation, std::move(names)).second)
            throw std::logic_error(fmt::format("two operations have the route {}", route));
    }
}

Router::~Router() = default;

Router::Found Router::find(std::string_view method, std::span<const std::string> segments) const {
    if (!segments.empty() && segments.back().empty()) segments = segments.first(segments.size() - 1);
    const Node* node = root_.get();
    std::vector<std::string_view> values;
    for (const auto& segment : segments) {
        if (const auto word = node->words.find(segment); word != node->words.end()) {
            node = word->second.get();
        } else if (node->placeholder && !segment.empty()) {
            values.push_back(segment);
            node = node->placeholder.get();
        } else {
            return {};
        }
    }
    Found found;
    for (const auto& [name, operation] : node->methods) {
        found.allowed += (found.allowed.empty() ? "" : ", ") + name;
        if (name == "GET") found.allowed += ", HEAD";
    }
    const auto match = node->methods.find(method == "HEAD" ? "GET" : method);
    if (match == node->methods.end()) return found;
    found.operation = match->second.first;
    const auto& names = match->second.second;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (values[i] != not_in_path) found.parameters[names[i]] = values[i];
    return found;
}

}  // namespace mf
