// SPDX-License-Identifier: MIT
#pragma once

#include "execute/process.h"

namespace mf {

/// What a server asks of a shim: to run one job. Contains secrets, and exists in memory and in a socket only.
struct ShimRequest {
    std::uint32_t spool = 0;   ///< number of the file
    std::uint32_t ticket = 0;  ///< see Spool
    Command command = {};
    std::optional<std::uint64_t> usual_open_files = {};  ///< see Supervisor::Options
    std::vector<std::string> secrets = {};               ///< masked in the output
    std::int64_t output_limit = 0;  ///< bytes of both streams; what comes after one more is dropped. 0: none
};

std::string pack(const ShimRequest& request);
/// None: it is not what pack() made.
std::optional<ShimRequest> unpack_request(std::string_view bytes);

void wipe(std::string& text);

/// Before each request on the socket between a server and its shims.
struct RequestHead {
    std::uint32_t size;
    std::uint32_t spool;
    std::uint32_t ticket;
};

/// What a signal to a shim (shim_signal(), man 3 sigqueue) says: a StopReason; none: the spool has room again.
int shim_signal();

}  // namespace mf
