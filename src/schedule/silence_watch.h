// SPDX-License-Identifier: MIT
#pragma once

#include "store/queries/node_lease.h"

#include <map>

namespace mf {

/// Tells which nodes have really been silent for the length of their lease: watched by ourselves, with a clock that
/// nobody sets, while the database could be asked all the time.
///
/// A lease that is over says less. After an outage of the database, or of this machine, the leases of all nodes are
/// over, and all of them live.
class SilenceWatch {
public:
    /// `least`: a node whose own lease is shorter, or unknown, is watched for this long.
    explicit SilenceWatch(std::chrono::milliseconds least) : least_(least) {}

    /// What was found at a moment of uptime(); returns those of it that were found the same for their time. Looks that
    /// come half of `least` apart, or more, begin anew: nobody knows what was between them.
    std::vector<JobHolder> look(const std::vector<JobHolder>& found, std::chrono::milliseconds uptime);
    /// The database could not be asked.
    void interrupt() { watched_.clear(); }

private:
    struct Watched {
        JobHolder holder;
        std::chrono::milliseconds since{};
    };
    const std::chrono::milliseconds least_;
    std::map<std::string, Watched, std::less<>> watched_;
    std::chrono::milliseconds last_look_{};
};

}  // namespace mf
