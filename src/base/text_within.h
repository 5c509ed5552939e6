// SPDX-License-Identifier: MIT
#pragma once

#include "base/text.h"

#include <string>
#include <string_view>

namespace mf {

/// The beginning of a text that fits into `most` bytes: valid UTF-8 (see to_utf8()), and no character is cut in two.
/// For columns of databases, which take nothing else; one of N characters has room for N bytes.
inline std::string text_within(std::string_view text, std::size_t most) {
    auto out = to_utf8(text);
    if (out.size() <= most) return out;
    while (most > 0 && (static_cast<unsigned char>(out[most]) & 0xC0U) == 0x80U) --most;
    out.resize(most);
    return out;
}

}  // namespace mf
