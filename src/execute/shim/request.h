// SPDX-License-Identifier: MIT
#pragma once

#include "execute/process.h"

namespace mf {

/// What a server asks of a shim: to run one job. Contains secrets, and exists in memory and in a socket only.
struct ShimRequest {
    ProcessCommand command = {};
    std::vector<std::string> secrets = {};  ///< masked in the output
    std::int64_t output_limit = 0;          ///< bytes of both streams; what comes after one more is dropped. 0: none
    std::optional<std::chrono::milliseconds> start_until = {};  ///< see JobPlan
};

std::string pack(const ShimRequest& request);
/// None: it is not what pack() made.
std::optional<ShimRequest> unpack_request(std::string_view bytes);

void wipe(std::string& text);

/// Before each request on the socket between a server and a shim.
struct RequestHead {
    std::uint32_t size;
    std::uint32_t ticket;  ///< see Spool
};

/// What the process that makes shims is asked for, with the socket of the new shim as its descriptor
/// (man 3 cmsg, SCM_RIGHTS). Without one it answers with its version.
struct ShimOrder {
    std::uint32_t spool;   ///< number of the file
    std::uint32_t ticket;  ///< the request that is refused when no process can be made
};

/// What a signal to a shim (shim_signal(), man 3 sigqueue) says of the job with this ticket; none: its spool has room
/// again.
struct ShimWord {
    std::uint32_t ticket;
    StopReason reason;
    int packed() const { return static_cast<int>(ticket << 3 | static_cast<std::uint32_t>(reason)); }
    static ShimWord unpack(int word) {
        const auto bits = static_cast<std::uint32_t>(word);
        return {bits >> 3, static_cast<StopReason>(bits & 7)};
    }
};
int shim_signal();

}  // namespace mf
