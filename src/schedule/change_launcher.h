// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "domain/event_change.h"
#include "domain/user.h"
#include "store/database.h"

namespace mf {

class Vault;

/// Launches what event rules say after changes in event sources. What is to be launched was written with the change
/// (SourceReader), and is taken in the transaction that launches it: once for each change and rule, whoever crashes,
/// and however many servers do this.
class ChangeLauncher {
public:
    struct Facts {
        std::string zone;  ///< of the installation
        Id<User> user;     ///< launched_by of the jobs
        AllowedNames allowed_names = {};
    };
    /// After so many failures, with more and more time between them, what was to be launched is put aside.
    static constexpr std::int64_t most_attempts = 5;

    /// Everything must outlive it. `queued` is called after jobs were made.
    ChangeLauncher(Database& database, const Clock& clock, Vault& vault, Facts facts, std::function<void()> queued)
        : database_(database), clock_(clock), vault_(vault), facts_(std::move(facts)), queued_(std::move(queued)) {}

    /// Deals with what is due, but for some hundred changes at most; how many jobs it launched. One that cannot be
    /// launched holds up no other.
    /// Throws sql::DatabaseError when the database itself is in trouble.
    std::size_t launch_due(std::stop_token stop = {});
    /// When it has to look again, if nothing else happens; may be over.
    std::optional<Timestamp> next() const;

private:
    bool launch_one(const EventChange& change);
    Result<bool> launch_within(Session& session, const EventChange& change);
    void note_failure(const EventChange& change, std::string_view why, bool is_final);

    Database& database_;
    const Clock& clock_;
    Vault& vault_;
    const Facts facts_;
    const std::function<void()> queued_;
};

}  // namespace mf
