// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/evidence.h"
#include "chaos/job_script.h"

#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mf::chaos {

/// A run template as it was made.
struct Arrangement {
    std::int64_t run_template = 0;
    Conduct conduct = Conduct::brief;
    int every_minutes = 0;  ///< 0: only by hand
    std::string overlap = "coalesce";
    std::string catch_up = "last";
    int attempts = 1;
    /// People switch it off and on, which withdraws what waits and begins its plan anew.
    bool switched = false;
};

/// What was done to a fleet, as far as it explains what jobs ended with.
struct Deeds {
    std::uint64_t seed = 0;
    std::vector<Arrangement> arrangements;
    std::set<std::int64_t> launched;         ///< the command line has said so
    std::set<std::int64_t> to_be_cancelled;  ///< somebody asked, heard or not
    std::set<Identity> killed;               ///< processes of jobs
    std::set<std::int64_t> bereft;           ///< jobs whose supervising process was killed
    int servers_killed = 0;
    int servers_stopped = 0;
    std::vector<std::string> complaints;  ///< about what must not happen whatever is done
};

/// What happened when, in a file and for the report.
class Chronicle {
public:
    explicit Chronicle(const std::filesystem::path& file);
    void tell(std::string_view what);
    /// What must not happen whatever is done.
    void complain(std::string_view what);
    std::chrono::milliseconds elapsed() const;

    Deeds deeds;

private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::ofstream file_;
};

}  // namespace mf::chaos
