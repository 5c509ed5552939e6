// SPDX-License-Identifier: MIT
#include "domain/entity.h"

#include "base/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf {

std::string to_json_text(const TextList& list) {
    json::array out;
    for (const auto& text : list) out.emplace_back(text);
    return to_text(out);
}

std::string to_json_text(const TextMap& map) {
    json::object out;
    for (const auto& [name, value] : map) out[name] = value;
    return to_text(out);
}

bool from_json_text(std::string_view text, TextList& out) {
    out.clear();
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_array()) return false;
    for (const auto& element : parsed->get_array()) {
        if (!element.is_string()) return false;
        out.emplace_back(element.get_string());
    }
    return true;
}

bool from_json_text(std::string_view text, TextMap& out) {
    out.clear();
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) return false;
    for (const auto& [name, value] : parsed->get_object()) {
        if (value.is_structured() || value.is_null()) return false;
        out.emplace(name, value.is_string() ? std::string(value.get_string()) : to_text(value));
    }
    return true;
}

}  // namespace mf
