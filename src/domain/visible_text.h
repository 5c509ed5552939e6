// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>

// Names are read by people, in lists, on terminals and in the audit log: what a name contains has to show.

namespace mf {

/// The code point of one well-formed character of UTF-8 (RFC 3629).
std::uint32_t code_point(std::string_view character);

/// Are there control characters (C0, C1, DEL), separators of lines and paragraphs, marks that turn the writing
/// direction (Unicode TR 36), or bytes that are no UTF-8?
bool has_controls(std::string_view text);

/// Those, or characters that show nothing by themselves (Default_Ignorable_Code_Point of Unicode, UAX 44): joiners,
/// fillers, the soft hyphen, the byte order mark, variation selectors, tags? Some scripts and pictures need joiners, so
/// this is for what has to be told apart, such as logins.
bool has_hidden_characters(std::string_view text);

/// Refuses a name that has_controls(), with a sentence that calls it so ("The first name") and an error of the field.
Result<void> check_name(std::string_view field, std::string_view spoken, std::string_view name);

/// Refuses a code, which stands in logs, addresses and variables and has to be told apart there: blanks and
/// has_hidden_characters(). `spoken` as above ("The short code (slug) of a company").
Result<void> check_code(std::string_view field, std::string_view spoken, std::string_view code);

}  // namespace mf
