// SPDX-License-Identifier: MIT
#include "mcp/tool_answer.h"

#include "base/text.h"

#include <fmt/format.h>

namespace mf::mcp {
namespace {

/// A place at or before `at` where a character begins.
std::size_t character_start(std::string_view text, std::size_t at) {
    for (int step = 0; step < 3 && at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
         ++step)
        --at;
    return at;
}

/// A quarter is the beginning: reasons mostly stand at the end.
std::string shortened(std::string_view text, std::size_t most) {
    const auto head = character_start(text, most / 4);
    const auto tail = character_start(text, text.size() - (most - most / 4));
    return fmt::format("{}\n[... {} bytes left out ...]\n{}", text.substr(0, head), tail - head, text.substr(tail));
}

/// The number of texts that were shortened.
std::size_t shorten_texts(json::value& value, std::size_t most) {
    std::size_t out = 0;
    if (auto* text = value.if_string()) {
        if (text->size() <= most) return 0;
        value = shortened(std::string_view(*text), most);
        return 1;
    }
    if (auto* list = value.if_array())
        for (auto& each : *list) out += shorten_texts(each, most);
    if (auto* object = value.if_object())
        for (auto& [name, each] : *object) out += shorten_texts(each, most);
    return out;
}

}  // namespace

Result<BoundedAnswer> bounded_answer(json::value answer, const AnswerBounds& bounds) {
    BoundedAnswer out;
    if (const auto texts = shorten_texts(answer, bounds.most_text))
        out.remarks.push_back(fmt::format("{} longer than {} bytes {} shortened in the middle.",
                                          texts == 1 ? "A text" : fmt::format("{} texts", texts), bounds.most_text,
                                          texts == 1 ? "was" : "were"));
    if (auto* list = answer.if_array()) {
        const auto found = list->size();
        if (bounds.records && std::ssize(*list) > *bounds.records)
            list->resize(static_cast<std::size_t>(*bounds.records));
        std::size_t together = 0, fitting = 0;
        while (fitting < list->size() && (together += to_text((*list)[fitting]).size() + 1) <= bounds.most_answer)
            ++fitting;
        const bool is_cut = fitting < list->size();
        list->resize(fitting);
        if (list->size() < found) {
            const auto* last = list->empty() ? nullptr : list->back().if_object();
            const auto* id = last ? last->if_contains("id") : nullptr;
            out.remarks.push_back(fmt::format(
                "There are more records than these {}{}. Ask for fewer by a filter, or go on with offset{}.",
                list->size(), is_cut ? ", which are as many as fit into an answer" : "",
                id ? fmt::format(", or with after={}", to_text(*id)) : ""));
            out.content["more"] = true;
        }
        out.content["items"] = std::move(answer);
    } else if (auto* object = answer.if_object()) {
        out.content = std::move(*object);
    } else {
        out.content["value"] = std::move(answer);
    }
    if (const auto size = to_text(json::value(out.content)).size(); size > bounds.most_answer + 1024)
        return Error{ErrorCode::limited,
                     fmt::format("The answer has {} bytes, more than the {} that fit. Ask for less of it.", size,
                                 bounds.most_answer)};
    return out;
}

std::string sentences_of(const Error& error) {
    std::string out = error.message;
    for (const auto& field : error.fields) {
        if (out.find(field.message) != std::string::npos) continue;
        out += fmt::format("{}{}: {}", out.empty() ? "" : "\n", field.field, field.message);
    }
    return out.empty() ? "It was refused." : out;
}

}  // namespace mf::mcp
