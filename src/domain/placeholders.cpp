// SPDX-License-Identifier: MIT
#include "domain/placeholders.h"

namespace mf {

namespace {

bool starts_name(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<Macro> next_macro(std::string_view value, std::size_t from) {
    for (auto open = value.find('{', from); open != std::string_view::npos; open = value.find('{', open + 1)) {
        auto end = open + 1;
        if (end >= value.size() || !starts_name(value[end])) continue;
        while (end < value.size() && continues_name(value[end])) ++end;
        if (end == value.size()) return std::nullopt;
        if (value[end] != '}' || (open > 0 && value[open - 1] == '$')) continue;
        return Macro{open, end + 1, value.substr(open + 1, end - open - 1)};
    }
    return std::nullopt;
}

}  // namespace mf
