// SPDX-License-Identifier: MIT
#pragma once

#include "domain/fair_share.h"
#include "store/database.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// Why jobs that are due do not start, in sentences for people. Reads once what runs and which nodes live; asking costs
/// nothing then.
class WaitingReasons {
public:
    WaitingReasons(Session& session, Timestamp now);

    /// Empty: nothing keeps jobs of this kind but the lack of a free slot.
    std::string of(const DueLane& lane) const;
    /// The same as far as labels are concerned: they may be missing on every node.
    std::string of_labels(std::string_view runs_on) const;

private:
    RunningJobs running_;
    std::vector<std::vector<std::string>> nodes_;  ///< labels of each executor that takes jobs
    bool is_drained_ = false;                      ///< there are executors, and none takes jobs
};

}  // namespace mf
