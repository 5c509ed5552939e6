// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/zone.h"
#include "domain/catch_up.h"
#include "domain/task.h"
#include "store/records.h"

#include <thread>

namespace mf {

/// Turns due slots of run templates into jobs and queue rows, one transaction for many.
///
/// Asks the database only for what is due: next_launch is stored with each run template, so run templates that are
/// not due cost nothing. A slot has its job or it has not (unique key), so neither a second planner nor a clock that
/// is put back makes one twice. Of several planners on one database each takes what the others do not work on. Every
/// due slot gets its task (domain/task.h), also one that makes no job; of long pauses the latest ones do.
class Planner {
public:
    struct Facts {
        Zone server_zone;
        Id<User> user;  ///< launched_by of planned jobs
        /// How often it looks at the database without having been told to: plans also change in ways that send no nudge
        /// (another machine, a restored database).
        std::chrono::milliseconds look_anyway{15'000};
    };
    /// `nudge` wakes it when a plan has changed; `queued` is called after jobs were made.
    Planner(Database& database, Clock& clock, Facts facts, Nudge& nudge, std::function<void()> queued);

    /// Plans everything that is due now and closes tasks that nobody works on any more; returns when the next run
    /// template comes due.
    std::optional<Timestamp> plan_due();

private:
    void run(std::stop_token stop);
    /// One transaction; how many jobs it made. Afterwards the run templates that it looked at are not due any more.
    /// None: there are none that no other planner works on.
    std::optional<std::size_t> plan_batch(Timestamp now);

    Database& database_;
    Clock& clock_;
    Facts facts_;
    Nudge& nudge_;
    std::function<void()> queued_;
    Id<Task> looked_at_;  // tasks up to this one were looked at in this round
    std::jthread thread_;

public:
    /// Starts the thread; it ends with the object.
    void start() {
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }
};

}  // namespace mf
