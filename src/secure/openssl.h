// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mf {

inline const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Throws when a call of OpenSSL that cannot fail on good input has failed.
inline void require_openssl(bool success, const char* step) {
    if (!success) throw std::runtime_error(std::string("OpenSSL failed: ") + step);
}

}  // namespace mf
