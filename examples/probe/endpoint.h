// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace mf::probe {

struct Endpoint {
    std::string host;  ///< name or address, without brackets
    std::string port;
    bool operator==(const Endpoint&) const = default;
};

/// "host", "host:port", "[::1]:port", "::1"; the start of a URL ("https://host/path") is accepted too.
/// The port is 443 when none is given.
Result<Endpoint> parse_endpoint(std::string_view text);

/// An address, not a name: such a host is not sent as server name indication (RFC 6066, section 3).
bool is_address(const std::string& host);

using Deadline = std::chrono::steady_clock::time_point;

/// Waits for poll(2) events on a descriptor; false when the deadline came first.
bool wait_for(int descriptor, short events, Deadline deadline);

/// Connects over TCP to the first address of the host that answers. The socket does not block.
/// Resolving the name may overrun the deadline.
Result<Descriptor> connect_to(const Endpoint& endpoint, Deadline deadline);

}  // namespace mf::probe
