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
        int machine = 0;
        Timestamp claimed{}, claimed_by_clock{};
        Timestamp begin{}, begin_by_clock{};
        Timestamp would_end{};
        enum class How {
            lives,
            exited,
            time_limit,
            cancelled,
            with_machine,
            with_shim,
            disowned  ///< ended by a server that had found it to be nobody's, or somebody else's
        } how = How::lives;
        Timestamp looked_at_lease{};  ///< by the server, the last time before it began
        std::optional<Timestamp> end = {};
        int exit_code = 0;
        int pieces = 0;  ///< of output
        /// How many pieces are written by then.
        int written(Timestamp now) const {
            const auto until = std::min(end.value_or(now), now);
            const bool by_itself = how == How::exited || how == How::time_limit;
            if (pieces == 0 || (end && now >= *end && by_itself)) return pieces;
            const auto each = (would_end - begin) / (pieces + 1);
            return each.count() == 0 ? pieces
                                     : static_cast<int>(std::min<std::int64_t>((until - begin) / each, pieces));
        }
        std::string piece(int number) const {
            return "job " + std::to_string(job) + " says " + std::to_string(number) + "\n";
        }
    };
    std::vector<Run> runs;

    /// That a job was recorded as lost.
    struct Loss {
        Timestamp at{};
        int machine = 0;  ///< of the server that recorded it
        /// It was a job of the server's own name; else the server declared it lost because of another one's silence.
        bool own = false;
        /// Own: the server could not know what became of the one that had the name before.
        bool is_unknowable = false;
        Timestamp watching_since{};  ///< not own: since when that server could watch without a longer gap
    };
    std::map<std::int64_t, Loss> losses;  ///< by job
    struct Sign {
        Timestamp at{};
        std::string machine;
    };
    std::map<std::string, std::vector<Sign>> heard;  ///< when the database heard of a node, and from where, by name
    std::vector<Timestamp> ends_of_outages;          ///< of those in which nobody reached the database for long
    std::chrono::milliseconds lease{};

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
        /// Whether its jobs run one at a time, and from when on.
        std::vector<std::pair<Timestamp, bool>> alone;
        bool takes_every_slot = false;  ///< no slot is ever skipped
        std::int64_t max_attempts = 1;
        std::chrono::milliseconds least_gap{};
        enum class Growth { none, linear, doubling } growth = Growth::none;  ///< of the gap, with each failure
        bool allows_late = false;
        bool needs_label = false;
        bool plan_changes = false;                          ///< somebody may change or switch it off
        bool overlap_changes = false;                       ///< somebody may change its overlap policy
        std::optional<std::chrono::seconds> deadline = {};  ///< after the slot; none: the end of the window
        bool runs_alone_between(Timestamp from, Timestamp until) const {
            bool out = true;
            for (std::size_t i = 0; i < alone.size(); ++i)
                if (alone[i].first <= until && (i + 1 == alone.size() || alone[i + 1].first >= from))
                    out = out && alone[i].second;
            return out;
        }
    };
    std::map<std::int64_t, Policy> policies;  ///< by run template
    std::map<std::int64_t, std::int64_t> limits_of_companies, limits_of_applications;
    std::vector<bool> labelled_machines;
    std::vector<std::string> names_of_machines;
};

}  // namespace mf::simulation
