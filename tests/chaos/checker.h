// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/chronicle.h"
#include "chaos/history.h"

namespace mf::chaos {

/// What a checked history consists of.
struct Findings {
    std::vector<std::string> complaints;  ///< what is wrong, as sentences; none: all is well
    std::map<std::string, int> jobs;      ///< by state
    int slots = 0;
    int skipped = 0;
    int begun = 0;                  ///< processes of jobs
    std::int64_t output_bytes = 0;  ///< compared
    int files = 0;                  ///< compared
    int put_aside = 0;              ///< jobs whose files were compared where the server said it had left them
    void complain(std::string what) { complaints.push_back(std::move(what)); }
};

/// Compares what the tables say with what the jobs wrote down themselves and with what was done to the fleet.
/// Everything has to be quiet: nothing runs any more. `alive` tells whether a process still lives.
Findings check(const History& history, const Evidence& evidence, const Deeds& deeds,
               const std::function<bool(const Identity&)>& alive);

}  // namespace mf::chaos
