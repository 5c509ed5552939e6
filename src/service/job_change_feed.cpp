// SPDX-License-Identifier: MIT
#include "service/job_change_feed.h"

#include <limits>

namespace mf {

void JobChangeFeed::begin() {
    order_ = ChangeOrder(database_.read([&](Session& session) { return settled_end(session, clock_.now()); }));
}

std::vector<JobChange> JobChangeFeed::next() {
    constexpr std::int64_t at_once = 1000;
    auto rows = database_.read([&](Session& session) {
        return read_changes(session, order_.settled(), std::numeric_limits<std::int64_t>::max(), at_once);
    });
    if (rows.empty()) return {};
    auto step = order_.take(std::move(rows), std::chrono::steady_clock::now());
    for (const auto id : step.overdue) void_change(database_, id, clock_.now());
    // The rows are read anew behind this.
    if (step.overdue_jump && no_change_is_open(database_)) order_.nothing_comes_until(*step.overdue_jump);
    return std::move(step.settled);
}

JobChangeFeed::Page JobChangeFeed::history(std::int64_t after, std::int64_t most) {
    Page out{.changes = database_.read(
                 [&](Session& session) { return read_changes(session, after, order_.settled(), most); })};
    out.end = std::ssize(out.changes) < most ? std::max(after, order_.settled()) : out.changes.back().id;
    std::erase_if(out.changes, [](const JobChange& change) { return change.kind == JobChangeKind::nothing; });
    return out;
}

ChangeBounds JobChangeFeed::bounds() {
    return database_.read([](Session& session) { return change_bounds(session); });
}

}  // namespace mf
