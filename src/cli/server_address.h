// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace mf {

/// Where a server is asked.
struct ServerAddress {
    std::string root;              ///< of the REST API: "https://host/api/v1"
    std::string unix_socket = {};  ///< connect there; empty: to the host of the root
    std::string shown;             ///< in sentences: "https://host:8443", "unix:/run/multiflexi/web.sock"
};

/// Reads https://host[:port][/path], http://… and unix:/path (a socket, man 7 unix). A path in front of /api/v1 is that
/// of a proxy; /api/v1 itself may be written or left out. invalid: it is no such address; it holds a name or a
/// password, which everybody could read in the list of processes; or it is another machine, asked without TLS, and that
/// was not allowed.
enum class Plain { only_here, allowed };
Result<ServerAddress> read_server_address(std::string_view text, Plain plain);

}  // namespace mf
