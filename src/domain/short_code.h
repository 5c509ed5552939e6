// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mf {

/// The longest code of a company or an application, in bytes.
inline constexpr std::size_t longest_code = 64;

/// "Acme Corporation" -> "acme_corporation": lower case, every run of characters outside a-z and 0-9 becomes one '_'.
/// What would be longer than `longest` ends with a whole word where that keeps at least half of it. Empty when the name
/// has neither a letter of a-z nor a digit.
std::string code_from_name(std::string_view name, std::size_t longest = longest_code);

/// The code with a number behind it, "acme_2", shortened as above so that it fits.
std::string numbered_code(std::string_view code, int number, std::size_t longest = longest_code);

}  // namespace mf
