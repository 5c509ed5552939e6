// SPDX-License-Identifier: MIT
#include "service/job_node.h"

#include "base/time_text.h"
#include "store/queries/node_lease.h"
#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf {

std::optional<JobNode> node_of(Session& session, const Job& job) {
    if (!job.claimed_by || job.state == JobState::pending || has_ended(job.state)) return std::nullopt;
    JobNode out{.name = *job.claimed_by};
    const auto node = find_node(session, out.name);
    if (!node) {
        out.absence =
            "is not known to the database: another server declares the job lost, or one of that name takes it up";
        return out;
    }
    out.state = state_of(*node, 1, sql::current_time(session.sql));
    if (out.state == NodeState::stopped)
        out.absence = "is stopped: it ends when that server starts again";
    else if (out.state == NodeState::expired)
        out.absence = fmt::format(
            "has not been heard of since {} UTC: it ends when that server is back, or is declared lost by another one",
            format_local(node->seen_at, Zone::utc()));
    return out;
}

std::string how_to_end(Session& session, const Job& job) {
    const auto cancel = fmt::format("job cancel --id {}", job.id.value);
    const auto node = node_of(session, job);
    if (!node || node->absence.empty()) return fmt::format("Wait for its end, or cancel it first ({}).", cancel);
    return fmt::format("Its node {} {}. Cancel it ({}) and start that server.", node->name, node->absence, cancel);
}

}  // namespace mf
