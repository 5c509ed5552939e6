// SPDX-License-Identifier: MIT
#include "domain/definition/uri.h"

#include "base/text.h"

#include <algorithm>

namespace mf {
namespace {

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

std::string_view uri_scheme(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return {};
    const auto scheme = text.substr(0, colon);
    const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
    return plain ? scheme : std::string_view{};
}

bool is_absolute_uri(std::string_view text) {
    const auto scheme = uri_scheme(text);
    if (scheme.empty() || scheme.size() + 1 == text.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
        } else if (!is_letter(c) && !is_digit(c) &&
                   std::string_view("-._~:/?#[]@!$&'()*+,;=").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

bool is_web_address(std::string_view text) {
    const auto scheme = lower(uri_scheme(text));
    if (scheme != "http" && scheme != "https") return false;
    const auto rest = text.substr(scheme.size());
    return is_absolute_uri(text) && rest.starts_with("://") && rest.size() > 3 && rest[3] != '/' && rest[3] != '?' &&
           rest[3] != '#';
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

std::string uuid_spelling(std::string_view text) { return is_uuid(text) ? lower(text) : std::string(text); }

bool has_parent_part(std::string_view path) {
    const auto parts = split(path, '/');
    return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

}  // namespace mf
