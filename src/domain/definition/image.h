// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/reading.h"

#include <string>
#include <string_view>

namespace mf {

constexpr std::size_t longest_image = 1024 * 1024;  ///< bytes of the data URI

/// The icon under a key of a definition, as a data URI that a page may show in <img>; empty when there is none.
/// Addresses and file names are kept in the document only: nothing is fetched or opened.
std::string read_image(ObjectReading& reading, std::string_view key);

/// The bytes of base64 text (RFC 4648, 4; blanks and line ends are skipped), none when it is not.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mf
