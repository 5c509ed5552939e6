// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mf {

/// Scheme of an absolute URI in the spelling of the text ("https"), empty if there is none (RFC 3986, 3.1).
std::string_view uri_scheme(std::string_view text);

/// An absolute URI: a scheme, then something, only characters that a URI may hold (RFC 3986, 2).
bool is_absolute_uri(std::string_view text);

/// A web address a browser may be sent to: http or https, with a host.
bool is_web_address(std::string_view text);

/// 8-4-4-4-12 hexadecimal digits (RFC 4122, 3), either case.
bool is_uuid(std::string_view text);

/// How the store spells it: a UUID in lower case (RFC 4122, section 3), any other word as it is.
std::string uuid_spelling(std::string_view text);

/// Does a path leave its directory: has it a part ".." between slashes?
bool has_parent_part(std::string_view path);

}  // namespace mf
