// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "net/server/message.h"

namespace mf::http {

/// Takes the target of a request apart (RFC 9112, section 3.2) into path, segments, raw_query, query and, of the
/// absolute form, host. Refused, because programs on the way to here read it differently: blanks, control characters,
/// bytes above 0x7F, '\' and '#'; '%' without two hexadecimal digits; what decodes to NUL or to malformed UTF-8;
/// segments that are "." or ".." (clients resolve these before they ask), also when they are encoded. The authority
/// form is that of CONNECT, which nobody may use here.
Result<void> read_target(std::string_view target, Request& request);

/// Is this a host with an optional port (RFC 3986, section 3.2.2), without a user's name?
bool is_host(std::string_view text);

}  // namespace mf::http
