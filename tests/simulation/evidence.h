// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/calendar.h"

#include <limits>
#include <map>
#include <optional>

namespace mf::simulation {

/// What happened, noted by those to whom it happened and not by what is tested: the processes, the planners' looks, the
/// people who changed plans. Times are true ones unless they are said to be of a clock.
struct Evidence {
    /// A process of a job.
    struct Run {
        std::int64_t job = 0;
        std::int64_t run_template = 0;
        std::int64_t company = 0, application = 0;
        int node = 0;
        Timestamp claimed_by_clock{};
        Timestamp begin{}, begin_by_clock{};
        Timestamp would_end{};
        enum class How { lives, exited, time_limit, cancelled, with_machine } how = How::lives;
        std::optional<Timestamp> end = {};
        int exit_code = 0;
        int pieces = 0;  ///< of output
        /// How many pieces are written by then.
        int written(Timestamp now) const {
            const auto until = std::min(end.value_or(now), now);
            if (pieces == 0 || (end && now >= *end && how != How::with_machine && how != How::cancelled)) return pieces;
            const auto each = (would_end - begin) / (pieces + 1);
            return each.count() == 0 ? pieces
                                     : static_cast<int>(std::min<std::int64_t>((until - begin) / each, pieces));
        }
        std::string piece(int number) const {
            return "job " + std::to_string(job) + " says " + std::to_string(number) + "\n";
        }
    };
    std::vector<Run> runs;

    /// A look of a planner at what is due.
    struct Look {
        std::int64_t first_moment = 0, last_moment = 0;  ///< numbers of moments, see Simulation
        /// The earliest and the latest that its clock said while it looked.
        Timestamp low = Timestamp::max(), high = Timestamp::min();
        bool is_complete = false;
    };
    std::vector<Look> looks;

    /// A plan of a run template, from the moment that somebody made it.
    struct Plan {
        std::int64_t run_template = 0;
        Timetable table;
        Timestamp from{};  ///< slots after this
        std::int64_t first_moment = 0, last_moment = std::numeric_limits<std::int64_t>::max();
    };
    std::vector<Plan> plans;

    /// What was configured once and for all.
    struct Policy {
        bool runs_alone = true;
        bool takes_every_slot = false;  ///< no slot is ever skipped
        std::int64_t max_attempts = 1;
        std::chrono::milliseconds least_gap{};
        enum class Growth { none, linear, doubling } growth = Growth::none;  ///< of the gap, with each failure
        bool allows_late = false;
        bool needs_label = false;
        bool plan_changes = false;  ///< somebody may change or switch it off
    };
    std::map<std::int64_t, Policy> policies;  ///< by run template
    std::map<std::int64_t, std::int64_t> limits_of_companies, limits_of_applications;
    std::vector<bool> labelled_nodes;
};

}  // namespace mf::simulation
