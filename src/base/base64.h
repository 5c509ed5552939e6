// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// Base 64 with padding, on one line (RFC 4648, section 4).
std::string to_base64(std::string_view bytes);

/// The bytes of a text that to_base64 could have made; none for any other text: blanks, line breaks, missing padding
/// and stray bits at the end are refused, so that every text has one meaning and every meaning one text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace mf
