// SPDX-License-Identifier: MIT
#include "service/change_order.h"

#include <algorithm>

namespace mf {

/// Holes only shrink, and are cut into parts: the part is missing as long as the whole was.
ChangeOrder::Time ChangeOrder::missing_since(std::int64_t first, std::int64_t last, Time now) const {
    const auto before =
        std::ranges::find_if(holes_, [&](const Hole& hole) { return hole.first <= first && last <= hole.last; });
    return before == holes_.end() ? now : before->since;
}

ChangeOrder::Step ChangeOrder::take(std::vector<JobChange> rows, Time now) {
    constexpr std::size_t most_overdue = 100;
    Step out;
    std::vector<Hole> holes;
    bool waits = false;
    auto last = settled_;
    for (JobChange& row : rows) {
        if (row.id > last + 1) {
            const Hole hole{last + 1, row.id - 1, missing_since(last + 1, row.id - 1, now)};
            const bool is_jump = hole.size() > waits_.most;
            const bool is_over = hole.last <= final_ || (is_jump && now - hole.since >= waits_.longest);
            if (!is_over) {
                waits = true;
                holes.push_back(hole);
                if (is_jump && now - hole.since >= waits_.patience && !out.overdue_jump) out.overdue_jump = hole.last;
                for (auto id = hole.first; !is_jump && now - hole.since >= waits_.patience && id <= hole.last &&
                                           out.overdue.size() < most_overdue;
                     ++id)
                    out.overdue.push_back(id);
            }
        }
        last = row.id;
        if (waits) continue;
        settled_ = row.id;
        if (row.kind != JobChangeKind::nothing) out.settled.push_back(std::move(row));
    }
    holes_ = std::move(holes);
    return out;
}

}  // namespace mf
