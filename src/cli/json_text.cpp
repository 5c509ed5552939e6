// SPDX-License-Identifier: MIT
#include "cli/json_text.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf {
namespace {

void append_unit(std::string& out, unsigned unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); }

void append_code_point(std::string& out, std::string_view character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(character[i])); };
    unsigned code = byte(0) & (0xFFU >> (character.size() + 1));
    for (std::size_t i = 1; i < character.size(); ++i) code = (code << 6) | (byte(i) & 0x3FU);
    if (code < 0x10000) return append_unit(out, code);
    code -= 0x10000;
    append_unit(out, 0xD800 + (code >> 10));
    append_unit(out, 0xDC00 + (code & 0x3FF));
}

void append_ascii_character(std::string& out, char character) {
    switch (character) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '/': out += "\\/"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        default: break;
    }
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f)
        append_unit(out, static_cast<unsigned char>(character));
    else
        out += character;
}

/// Escapes everything but a possibly unfinished character at the end, and returns how much was done.
std::size_t append_escaped(std::string& out, std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto rest = text.substr(done);
        if (static_cast<unsigned char>(rest[0]) < 0x80) {
            append_ascii_character(out, rest[0]);
            ++done;
            continue;
        }
        const auto length = utf8_length(rest);
        if (length == 0 && rest.size() < 4 && static_cast<unsigned char>(rest[0]) >= 0xC2) {
            // It may only be cut off: let the rest decide.
            const bool may_continue = std::ranges::all_of(
                rest.substr(1), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
            if (may_continue) return done;
        }
        if (length == 0)
            out += "\\ufffd";
        else
            append_code_point(out, rest.substr(0, length));
        done += std::max<std::size_t>(length, 1);
    }
    return done;
}

void append_string(std::string& out, std::string_view text) {
    AsciiJsonString string;
    AsciiJsonString::begin(out);
    string.add(out, text);
    string.end(out);
}

void new_line(std::string& out, int level) { out.append("\n").append(static_cast<std::size_t>(level) * 4, ' '); }

}  // namespace

void AsciiJsonString::add(std::string& out, std::string_view piece) {
    if (rest_.empty()) {
        rest_ = piece.substr(append_escaped(out, piece));
        return;
    }
    rest_ += piece.substr(0, 8);
    piece.remove_prefix(std::min<std::size_t>(8, piece.size()));
    const auto done = append_escaped(out, rest_);
    rest_.erase(0, done);
    if (piece.empty()) return;
    // What is left of the joint belongs to the beginning of the remaining piece.
    rest_ += piece;
    rest_.erase(0, append_escaped(out, rest_));
}

void AsciiJsonString::end(std::string& out) {
    for (std::size_t i = 0; i < rest_.size(); ++i) out += "\\ufffd";
    rest_.clear();
    out += '"';
}

void append_ascii_json(std::string& out, const json::value& value, int level) {
    switch (value.kind()) {
        case json::kind::string: return append_string(out, value.get_string());
        case json::kind::array: {
            out += '[';
            bool first = true;
            for (const json::value& element : value.get_array()) {
                if (!std::exchange(first, false)) out += ',';
                new_line(out, level + 1);
                append_ascii_json(out, element, level + 1);
            }
            if (!first) new_line(out, level);
            out += ']';
            return;
        }
        case json::kind::object: {
            out += '{';
            bool first = true;
            for (const auto& [key, element] : value.get_object()) {
                if (!std::exchange(first, false)) out += ',';
                new_line(out, level + 1);
                append_string(out, key);
                out += ": ";
                append_ascii_json(out, element, level + 1);
            }
            if (!first) new_line(out, level);
            out += '}';
            return;
        }
        default: out += to_text(value);
    }
}

}  // namespace mf
