// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace mf {

/// One {NAME} in a value; NAME is [A-Z_][A-Z0-9_]*. A dollar sign before it makes it text: ${NAME} belongs to shells.
struct Macro {
    std::size_t begin = 0;  ///< of the opening brace
    std::size_t end = 0;    ///< behind the closing brace
    std::string_view name;
};

/// The first macro of a value at or behind an offset. Linear in what it skips.
std::optional<Macro> next_macro(std::string_view value, std::size_t from = 0);

inline bool contains_macro(std::string_view value) { return next_macro(value).has_value(); }

}  // namespace mf
