// SPDX-License-Identifier: MIT
#include "api/compatible/answer.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>

namespace mf::compatible {
namespace {

using json::object;
using json::value;

constexpr std::string_view usual_element = "item";

/// Only what XML 1.0 knows as characters (section 2.2): a control character would make the document unreadable, even
/// written as a reference.
std::string xml_characters(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto length = std::max<std::size_t>(utf8_length(text.substr(at)), 1);
        const auto character = text.substr(at, length);
        const auto first = static_cast<unsigned char>(character[0]);
        const bool is_control = first < 0x20 && first != '\t' && first != '\n' && first != '\r';
        if (is_control || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF")
            out += "\xEF\xBF\xBD";
        else
            out += character;
        at += length;
    }
    return out;
}

/// A name of letters, digits, '_', '-' and '.' (section 2.3) that begins with a letter or '_'.
std::string element_name(std::string_view key) {
    std::string out;
    for (const char c : key) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool is_other = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (out.empty() && is_other) out += '_';
        out += is_letter || is_other ? c : '_';
    }
    return out.empty() ? "_" : out;
}

void fill(pugi::xml_node node, const value& body, std::string_view element);

void add_child(pugi::xml_node node, std::string_view name, const value& body) {
    fill(node.append_child(element_name(name).c_str()), body, usual_element);
}

bool is_keyed_by_id(const object& body) {
    return std::ranges::all_of(body, [](const auto& member) {
        const std::string_view key = member.key();
        return !key.empty() && key.find_first_not_of("0123456789") == std::string_view::npos &&
               member.value().is_object();
    });
}

void fill(pugi::xml_node node, const value& body, std::string_view element) {
    if (const auto* list = body.if_array()) {
        for (const auto& record : *list) add_child(node, element, record);
    } else if (const auto* members = body.if_object()) {
        const bool has_ids = element != usual_element && is_keyed_by_id(*members);
        for (const auto& [key, member] : *members) add_child(node, has_ids ? element : std::string_view(key), member);
    } else if (body.is_bool()) {
        if (body.get_bool()) node.text().set("1");
    } else if (const auto text = xml_characters(text_of(body)); !text.empty()) {
        node.text().set(text.c_str());
    }
}

struct Writer final : pugi::xml_writer {
    std::string out;
    void write(const void* data, std::size_t size) override { out.append(static_cast<const char*>(data), size); }
};

}  // namespace

std::string to_xml(const value& body, std::string_view element) {
    constexpr std::array<std::string_view, 4> wrappers{"ping", "index", "status", "jobsStatus"};
    std::string root = "root";
    const value* inside = &body;
    if (const auto* members = body.if_object(); members && members->size() == 1) {
        const std::string_view key = members->begin()->key();
        if (std::ranges::find(wrappers, key) != wrappers.end()) {
            root = key;
            inside = &members->begin()->value();
        }
    }
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    fill(document.append_child(root.c_str()), *inside, element.empty() ? usual_element : element);
    Writer writer;
    document.save(writer, "", pugi::format_raw, pugi::encoding_utf8);
    return std::move(writer.out) + "\n";
}

}  // namespace mf::compatible
