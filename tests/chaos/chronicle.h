// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/evidence.h"
#include "chaos/job_script.h"

#include <chrono>
#include <fstream>
#include <map>
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
    int gap_seconds = 0;  ///< between attempts; after n failures of flaky jobs n times as much
    /// People switch it off and on, which withdraws what waits and begins its plan anew.
    bool switched = false;
    int time_limit_seconds = 0;  ///< 0: none
};

/// A server of this node ran whose shims were to be killed at a marked point. Times are those of uptime_ms().
struct ArmedShims {
    std::string node;
    std::int64_t from = 0;
    std::int64_t until = 0;
};

/// Times of uptime_ms().
struct Span {
    std::int64_t from = 0;
    std::int64_t until = 0;
};

/// What was done to a fleet, as far as it explains what jobs ended with.
struct Deeds {
    std::uint64_t seed = 0;
    /// A stop of a server ends its jobs; else they go on.
    bool stop_ends_jobs = false;
    /// Nodes are at times silent for longer than their lease.
    bool leases_run_out = false;
    std::vector<Arrangement> arrangements;
    std::set<std::int64_t> launched;         ///< the command line has said so
    std::set<std::int64_t> to_be_cancelled;  ///< somebody asked, heard or not
    std::set<Identity> killed;               ///< processes of jobs
    std::set<Identity> bereft;               ///< processes of jobs whose shim was killed
    int killed_unseen = 0;                   ///< shims that were killed before their job could be seen
    std::vector<ArmedShims> armed;
    std::vector<Span> database_out_of_reach;  ///< away, full, or cut off from some node
    std::map<std::string, int> troubles;      ///< how often each was brought about, by name
    int servers_killed = 0;
    int servers_stopped = 0;
    int marked_points = 0;                ///< that servers met
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
