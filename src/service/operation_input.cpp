// SPDX-License-Identifier: MIT
#include "service/operation_input.h"

#include "base/text.h"

#include <fmt/ranges.h>

namespace mf {
namespace {

bool is_given(const json::object& input, std::string_view name) {
    const auto* value = input.if_contains(name);
    return value && !value->is_null();
}

FieldError complaint_about(std::span<const std::string_view> names) {
    return {std::string(names.front()), names.size() == 1
                                            ? std::string("is required")
                                            : fmt::format("is required, or {}", fmt::join(names.subspan(1), ", or "))};
}

std::string sentence_of(std::span<const FieldError> complaints) {
    std::string out;
    for (const auto& each : complaints)
        out += fmt::format("{}{} {}", out.empty() ? "" : "; ", each.field, each.message);
    return out + '.';
}

}  // namespace

Error missing_input(std::initializer_list<std::string_view> alternatives) {
    std::vector<FieldError> complaints{complaint_about({alternatives.begin(), alternatives.size()})};
    auto sentence = sentence_of(complaints);
    return {ErrorCode::invalid, std::move(sentence), std::move(complaints)};
}

Result<void> read_operation_input(const Entity& entity, const Needs& needs, const json::object& input, void* record) {
    auto read = from_json(entity, input, record);
    std::vector<FieldError> complaints;
    if (!read) complaints = read.error().fields;
    for (const auto need : needs) {
        const auto names = split(need, '|');
        if (std::ranges::any_of(names, [&](std::string_view name) { return is_given(input, name); })) continue;
        const auto is_told = [&](const FieldError& each) { return each.field == names.front(); };
        if (std::ranges::any_of(complaints, is_told)) continue;
        complaints.push_back(complaint_about(names));
    }
    if (complaints.empty()) return read;
    auto sentence = sentence_of(complaints);
    return Error{ErrorCode::invalid, std::move(sentence), std::move(complaints)};
}

Result<void> check_operation_input(const Entity& entity, const Needs& needs, json::object input, void* record) {
    if (auto* company = input.if_contains("company_id"); company && company->is_string()) *company = 0;
    return read_operation_input(entity, needs, input, record);
}

Result<void> with_complaints(Result<void> read, const Result<void>& checked) {
    if (read || checked) return read ? checked : read;
    Error all = read.error();
    const auto read_fields = all.fields.size();
    for (const auto& each : checked.error().fields) {
        const auto told = std::span(all.fields).first(read_fields);
        if (std::ranges::find(told, each.field, &FieldError::field) != told.end()) continue;
        all.message += ' ' + each.message;
        all.fields.push_back(each);
    }
    return all;
}

}  // namespace mf
