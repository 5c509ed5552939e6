// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// Numbers as texts: configuration values are amounts and identifiers as well, so no digit may be lost in a double.

/// ^-?[0-9]+$ within 64 bits, without leading zeros; -0 is 0.
std::optional<std::string> canonical_integer(std::string_view text);

/// A finite decimal number (sign, digits with or without a dot, exponent) in plain notation without superfluous zeros:
/// "2.50" is "2.5", "-0.0" is "0", "1e3" is "1000". An exponent that would need more than 400 digits is not read.
std::optional<std::string> canonical_decimal(std::string_view text);

/// -1, 0 or 1; both in the form of canonical_decimal.
int compare_decimals(std::string_view a, std::string_view b);

}  // namespace mf
