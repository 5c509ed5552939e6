// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "domain/company.h"
#include "domain/variable_name.h"
#include "store/database.h"

#include <chrono>
#include <functional>
#include <thread>

namespace mf {

class Vault;
struct EventFiring;

/// Launches what event rules say after jobs that have succeeded.
///
/// What is to be launched was written with the end of the job (store/queries/event_firing.h), and is taken in the
/// transaction that launches it: nothing is forgotten or done twice, whoever crashes, and however many servers do this.
class EventLauncher {
public:
    struct Facts {
        std::string zone;  ///< of the installation
        Id<User> user;     ///< launched_by of the jobs
        AllowedNames allowed_names = {};
        /// How often it looks at the database without having been told to: another node may have died.
        std::chrono::milliseconds look_anyway{15'000};
        /// So many jobs may rules launch after one that they did not launch, in all chains that begin with it: rules
        /// that branch make more of them with each step.
        std::int64_t most_after_one_job = 1000;
    };
    /// So many jobs in a row may launch each other. Longer chains are taken for rules that go round in circles.
    static constexpr std::int64_t longest_chain = 16;

    /// Everything must outlive it. `nudge` wakes it when jobs have ended; `queued` is called after jobs were made.
    EventLauncher(Database& database, Clock& clock, Vault& vault, Facts facts, Nudge& nudge,
                  std::function<void()> queued);

    /// Deals with everything that is open now; how many jobs it launched. What cannot be dealt with is noted as failed
    /// and stops nothing else. Throws sql::DatabaseError when the database itself is in trouble.
    std::size_t launch_open();

    /// Starts the thread; it ends with the object.
    void start() {
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }

private:
    void run(std::stop_token stop);
    /// One transaction; did it launch a job?
    bool launch_one(const EventFiring& firing);
    bool launch_within(Session& session, const EventFiring& firing);
    /// Ends one whose transaction broke off.
    void give_up(const EventFiring& firing, std::string_view why);

    Database& database_;
    Clock& clock_;
    Vault& vault_;
    const Facts facts_;
    Nudge& nudge_;
    const std::function<void()> queued_;
    std::jthread thread_;
};

}  // namespace mf
