// SPDX-License-Identifier: MIT
#include "base/json.h"

#include "base/text.h"

#include <fmt/format.h>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <charconv>
#include <cmath>

namespace mf {
namespace {

constexpr std::size_t deepest = 64;

void append_number(std::string& out, auto number) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    out.append(buffer, end);
}

/// Stands for itself in a JSON string.
constexpr auto plain_bytes = [] {
    std::array<bool, 256> out{};
    for (unsigned c = 0x20; c < 0x7f; ++c) out[c] = c != '"' && c != '\\';
    return out;
}();
constexpr bool is_plain(unsigned char c) { return plain_bytes[c]; }

/// indent < 0: everything on one line.
void append(std::string& out, const json::value& value, int indent) {
    const auto line = [&](int level) {
        if (indent >= 0) out.append("\n").append(static_cast<std::size_t>(level) * 4, ' ');
    };
    const int inner = indent < 0 ? indent : indent + 1;
    switch (value.kind()) {
        case json::kind::null: out += "null"; return;
        case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
        case json::kind::int64: return append_number(out, value.get_int64());
        case json::kind::uint64: return append_number(out, value.get_uint64());
        case json::kind::double_:
            if (std::isfinite(value.get_double())) return append_number(out, value.get_double());
            out += "null";
            return;
        case json::kind::string: return append_json_string(out, value.get_string());
        case json::kind::array: {
            out += '[';
            bool first = true;
            for (const json::value& element : value.get_array()) {
                if (!std::exchange(first, false)) out += ',';
                line(inner);
                append(out, element, inner);
            }
            if (!first) line(indent);
            out += ']';
            return;
        }
        case json::kind::object: {
            out += '{';
            bool first = true;
            for (const auto& [key, element] : value.get_object()) {
                if (!std::exchange(first, false)) out += ',';
                line(inner);
                append_json_string(out, key);
                out += indent < 0 ? ":" : ": ";
                append(out, element, inner);
            }
            if (!first) line(indent);
            out += '}';
            return;
        }
    }
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = deepest;
    json::parser parser({}, options);
    json::error_code problem;
    const std::size_t read = parser.write_some(text, problem);
    if (!problem && text.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
        problem = json::error::extra_data;
    if (problem) {
        const auto [row, column] = line_and_column(text, std::min(read, text.size()));
        return Error{ErrorCode::invalid,
                     fmt::format("This is not valid JSON: {} at line {}, column {}.", problem.message(), row, column)};
    }
    return parser.release();
}

std::string to_text(const json::value& value) {
    std::string out;
    append(out, value, -1);
    return out;
}

std::string to_pretty_text(const json::value& value) {
    std::string out;
    append(out, value, 0);
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (is_plain(c)) {
            const std::size_t from = at++;
            while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
            out += text.substr(from, at - from);
            continue;
        }
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (c < 0x80) {
                    out += fmt::format("\\u{:04x}", c);
                } else if (const std::size_t length = utf8_length(text.substr(at)); length > 0) {
                    out += text.substr(at, length);
                    at += length;
                    continue;
                } else {
                    out += "\xEF\xBF\xBD";
                }
        }
        ++at;
    }
    out += '"';
}

}  // namespace mf
