// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "store/database.h"

namespace mf {

/// Removes, once an hour, what counts no longer: see forget_old_sign_ins(), prune_changes(). Every server does this;
/// that several do it at the same time does no harm.
class Housekeeper {
public:
    Housekeeper(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    /// To be called several times in an hour; `uptime` is that of base/uptime.h. Throws sql::DatabaseError.
    void look(std::chrono::milliseconds uptime);

private:
    Database& database_;
    const Clock& clock_;
    std::optional<std::chrono::milliseconds> done_;  ///< when it was done last
    bool has_changes_left_ = false;                  ///< of jobs, for the next look
    bool has_source_changes_left_ = false;
};

}  // namespace mf
