// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job_change.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace mf {

/// Puts changes of jobs, as they become visible, into the order of their ids, so that nothing that comes late is passed
/// over (store/queries/job_change.h says why it may). Knows neither database nor clock. Times are steady.
class ChangeOrder {
public:
    using Time = std::chrono::steady_clock::time_point;
    struct Waits {
        /// From then on a missing id is to be declared void.
        std::chrono::milliseconds patience = std::chrono::seconds{1};
        /// No transaction takes longer. A hole of more than `most` ids, which nobody fills with void ones (a sequence
        /// was moved on, a large change was taken back), is passed over then, if not sooner by nothing_comes_until().
        std::chrono::milliseconds longest = std::chrono::minutes{1};
        std::int64_t most = 10'000;
    };

    /// Everything up to this id is known.
    explicit ChangeOrder(std::int64_t settled) : ChangeOrder(settled, Waits{}) {}
    ChangeOrder(std::int64_t settled, Waits waits) : settled_(settled), waits_(waits) {}

    struct Step {
        std::vector<JobChange> settled;     ///< what may be told now, without those of kind nothing
        std::vector<std::int64_t> overdue;  ///< ids to be declared void (void_change()), a hundred at most
        /// The last id of a large hole that is overdue, the first one there is: look whether it can still be filled.
        std::optional<std::int64_t> overdue_jump = {};
    };
    /// `rows`: all that can be seen behind settled(), from the smallest id on, up to some number of them.
    Step take(std::vector<JobChange> rows, Time now);

    /// What of the ids up to this one is not among the rows of the next take() will never come.
    void nothing_comes_until(std::int64_t id) { final_ = std::max(final_, id); }

    std::int64_t settled() const { return settled_; }

private:
    struct Hole {
        std::int64_t first = 0, last = 0;
        Time since{};
        std::int64_t size() const { return last - first + 1; }
    };
    Time missing_since(std::int64_t first, std::int64_t last, Time now) const;

    std::int64_t settled_;
    std::int64_t final_ = 0;
    Waits waits_;
    std::vector<Hole> holes_;  ///< behind settled_
};

}  // namespace mf
