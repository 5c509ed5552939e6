// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/address.h"
#include "net/server/message.h"

namespace mf::http {

/// Who is connected, and how.
struct Peer {
    std::optional<IpAddress> address;  ///< none: a Unix socket
    bool secure = false;
    std::optional<unsigned> user = {};  ///< of a Unix socket: whose process has connected (SO_PEERCRED, socket(7))
};

/// Where a request really comes from.
struct Origin {
    std::optional<IpAddress> client;  ///< none: a Unix socket without a proxy that says more
    bool secure = false;
    std::optional<std::string> host;  ///< what the client asked, when a proxy says that
};

bool is_trusted(const Peer& peer, const AddressRanges& trusted);

/// Reads "Forwarded" (RFC 7239) or "X-Forwarded-For", "-Proto" and "-Host", but only what trusted proxies say: from the
/// peer on and from the right to the left for as long as who is named is one as well. The first who is not is the
/// client, whatever stands left of it. An unknown or obfuscated name ("unknown", "_a7") is where the way ends: the
/// proxy that wrote it is the client then. Scheme and host are those of the last trusted step. invalid: both kinds are
/// there and name different clients (a proxy writes one and lets the other one pass, which anybody may have made up),
/// or one cannot be read. From a peer that is not trusted everything is ignored.
Result<Origin> origin_of(const Headers& headers, const Peer& peer, const AddressRanges& trusted);

}  // namespace mf::http
