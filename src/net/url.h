// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace mf {

/// The parts of an address with a host in it (RFC 3986, section 3): https://user:password@host:port/path?query#fragment
struct Url {
    std::string scheme;         ///< small letters
    std::string user = {};      ///< percent-decoded
    std::string password = {};  ///< percent-decoded
    std::string host;           ///< small letters; an IPv6 address without its brackets
    int port = 0;               ///< 0: none is given
    std::string rest = {};      ///< from the path on, as written; may be empty

    /// scheme://host:port, what messages may show of an address: without password, path and query.
    std::string origin() const;
    /// The given port, else the usual one of http and https, else 0.
    int effective_port() const;
};

/// Reads an address of any scheme. Control characters, blanks and backslashes are refused wherever they stand, because
/// programs disagree about them. No sentence repeats the text, which may contain a password.
Result<Url> read_url(std::string_view text);

/// As read_url, but only http and https will do.
Result<Url> read_web_url(std::string_view text);

/// Every byte but the unreserved ones (RFC 3986, section 2.3) as %XX: safe as one part of a path and in a query.
std::string percent_encoded(std::string_view text);

/// The inverse; a '%' without two hexadecimal digits stays as it is.
std::string percent_decoded(std::string_view text);

/// Is this host the machine itself: localhost, 127.0.0.0/8, ::1?
bool is_loopback(std::string_view host);

}  // namespace mf
