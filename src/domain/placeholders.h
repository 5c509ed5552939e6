// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// One {NAME} in a value; NAME is [A-Z_][A-Z0-9_]*. A dollar sign before it makes it text: ${NAME} belongs to shells.
struct Macro {
    std::size_t begin = 0;  ///< of the opening brace
    std::size_t end = 0;    ///< behind the closing brace
    std::string_view name;
};

/// The first macro of a value at or behind an offset. Linear in what it skips.
std::optional<Macro> next_macro(std::string_view value, std::size_t from = 0);

/// The {NAME} that begins exactly at an offset, whatever stands before it.
std::optional<Macro> macro_at(std::string_view value, std::size_t open);

inline bool contains_macro(std::string_view value) { return next_macro(value).has_value(); }

/// A variable before its macros are expanded. The views must live as long as the call.
struct MacroVariable {
    std::string_view name;
    std::string_view value;
    bool secret = false;
    bool literal = false;  ///< a value of the platform: never expanded, whatever it looks like
};

/// Something a person should know about one variable.
struct VariableWarning {
    std::string name;
    std::string message;  ///< continues "NAME: "
    bool operator==(const VariableWarning&) const = default;
};

struct ExpandedVariable {
    std::string value;
    bool secret = false;  ///< also when a secret came in through a macro, at any depth
};

struct Expansion {
    std::vector<ExpandedVariable> variables;  ///< in the order of the input
    std::vector<VariableWarning> warnings;  ///< at most one about unknown macros and one about a cycle of each variable
};

/// What a Linux process can be given: MAX_ARG_STRLEN of execve(2) for one "NAME=value" with its NUL, and what is left
/// for all of them when the stack limit is the usual 8 MiB (a quarter of it, shared with the arguments).
struct EnvironmentLimits {
    std::size_t one = 131'072;
    std::size_t all = 1'500'000;
};

/// Replaces every macro by the expanded value of its variable. Names are unique. What a value contains after that is
/// not looked at again, so text never turns into a macro. Macros of unknown names stay as they are, and so do those
/// whose expansion would run into a cycle; every variable that contains such a macro gets a warning. Time and memory
/// are linear in the input and the limits; a result beyond a limit is an error that names the variable.
Result<Expansion> expand_macros(std::span<const MacroVariable> variables, const EnvironmentLimits& limits = {});

}  // namespace mf
