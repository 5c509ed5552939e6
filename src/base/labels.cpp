// SPDX-License-Identifier: MIT
#include "base/labels.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::size_t longest_list = 512;

bool is_label(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '=' || c == '-';
    });
}

}  // namespace

Result<std::vector<std::string>> parse_labels(std::string_view list) {
    std::vector<std::string> labels;
    for (const auto part : split(list, ',')) {
        const auto label = trim(part);
        if (label.empty()) continue;
        if (!is_label(label))
            return Error{ErrorCode::invalid,
                         fmt::format("'{}' is not a label: a label has small letters, digits, and the marks . _ = - "
                                     "only; several are separated by commas.",
                                     label)};
        labels.emplace_back(label);
    }
    std::ranges::sort(labels);
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    if (const auto length = label_list(labels).size(); length > longest_list)
        return Error{ErrorCode::invalid,
                     fmt::format("The list of labels has {} bytes, at most {} are possible.", length, longest_list)};
    return labels;
}

std::string label_list(const std::vector<std::string>& labels) { return fmt::format("{}", fmt::join(labels, ",")); }

std::vector<std::string> missing_labels(std::string_view needed, const std::vector<std::string>& labels_of_node) {
    std::vector<std::string> missing;
    if (needed.empty()) return missing;
    for (const auto label : split(needed, ','))
        if (std::ranges::find(labels_of_node, label) == labels_of_node.end()) missing.emplace_back(label);
    return missing;
}

}  // namespace mf
