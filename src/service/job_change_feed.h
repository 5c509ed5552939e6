// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "service/change_order.h"
#include "store/queries/job_change.h"

namespace mf {

/// Reads what happens to jobs, on whatever node, in one order that is the same for every reader: each change once, none
/// left out. An id that is missing is waited for; one that stays away for a second is declared void. That waits for a
/// transaction that may have it, so it decides nothing wrongly. Of more than ten thousand in a row no one is declared
/// void: they are passed over when nobody is left who could use one. One thread at a time; it has no thread of its own.
class JobChangeFeed {
public:
    /// Both must outlive it.
    JobChangeFeed(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    /// Forgets what was before: what happens from now on is read. All of these throw sql::DatabaseError.
    void begin();
    /// What happens behind this id is read.
    void begin_behind(std::int64_t id) { order_ = ChangeOrder(id); }
    /// What has become known since the last call, a thousand at most. Calls are cheap when there is nothing.
    std::vector<JobChange> next();
    /// The id up to which everything is known and was told.
    std::int64_t position() const { return order_.settled(); }

    /// What was told before: behind an id, up to position(), at most so many, without those of kind nothing.
    struct Page {
        std::vector<JobChange> changes;
        std::int64_t end = 0;  ///< the id up to which this goes
    };
    Page history(std::int64_t after, std::int64_t most);
    ChangeBounds bounds();

private:
    Database& database_;
    const Clock& clock_;
    ChangeOrder order_{0};
};

}  // namespace mf
