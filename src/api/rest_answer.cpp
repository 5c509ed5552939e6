// SPDX-License-Identifier: MIT
#include "api/rest_answer.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

Result<json::value> narrowed(json::value record, const std::vector<std::string>& fields) {
    if (fields.empty() || !record.is_object()) return record;
    auto& whole = record.get_object();
    json::object out(record.storage());
    for (const auto& name : fields) {
        auto* value = whole.if_contains(name);
        if (!value) {
            std::string known;
            for (const auto& member : whole) known += (known.empty() ? "" : ", ") + std::string(member.key());
            const auto sentence = fmt::format("fields: there is no member {}. There are: {}.", name, known);
            return Error{ErrorCode::invalid, sentence, {{"fields", sentence}}};
        }
        out[name] = std::move(*value);
    }
    return json::value(std::move(out));
}

}  // namespace

Result<json::value> shaped_answer(json::value answer, const AnswerShape& shape) {
    if (!answer.is_array()) return narrowed(std::move(answer), shape.fields);
    auto& records = answer.get_array();
    json::value next = nullptr;
    if (shape.paged && std::ssize(records) > shape.limit) {
        records.resize(static_cast<std::size_t>(shape.limit));
        if (const auto last = id_of(records.back())) next = cursor_after(*last);
    }
    if (!shape.fields.empty())
        for (auto& record : records) {
            auto part = narrowed(std::move(record), shape.fields);
            if (!part) return part.error();
            record = *std::move(part);
        }
    json::object out(records.storage());
    out.emplace("items", std::move(records));
    out.emplace("next", std::move(next));
    return json::value(std::move(out));
}

PageText text_of_page(const Entity& entity, std::vector<std::vector<Value>> rows, std::int64_t limit) {
    PageText out;
    if (std::ssize(rows) > limit) {
        rows.resize(static_cast<std::size_t>(limit));
        out.next = cursor_after(std::get<std::int64_t>(rows.back().front()));
    }
    constexpr std::size_t usual_record = 1024;
    out.text.reserve(rows.size() * usual_record);
    out.text = R"({"items":[)";
    for (const auto& row : rows) {
        if (out.text.back() != '[') out.text += ',';
        append_row(out.text, entity, row);
    }
    out.text += out.next.empty() ? R"(],"next":null})" : fmt::format(R"(],"next":"{}"}})", out.next);
    return out;
}

std::optional<std::int64_t> id_of(const json::value& record) {
    if (!record.is_object()) return std::nullopt;
    const auto* id = record.get_object().if_contains("id");
    return id && id->is_int64() ? std::optional(id->get_int64()) : std::nullopt;
}

std::string entity_tag(std::string_view text) { return fmt::format("\"{}\"", sha256_hex(text).substr(0, 32)); }

bool names_tag(std::string_view list, std::string_view tag, Weak weak) {
    for (const auto part : split(list, ',')) {
        auto named = trim(part);
        if (named == "*") return true;
        if (named.starts_with("W/")) {
            if (weak == Weak::counts_not) continue;
            named.remove_prefix(2);
        }
        if (named == tag) return true;
    }
    return false;
}

}  // namespace mf
