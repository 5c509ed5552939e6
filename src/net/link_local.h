// SPDX-License-Identifier: MIT
#pragma once

struct sockaddr;

namespace mf {

/// Is this an address that reaches only the own link: 169.254.0.0/16 (RFC 3927), also inside an IPv6 address (mapped,
/// RFC 4291; translated, RFC 6052), or fe80::/10? Clouds hand out the secrets of an account there; one of them also
/// does so at fd00:ec2::254, which counts as well.
bool is_link_local(const sockaddr& address);

}  // namespace mf
