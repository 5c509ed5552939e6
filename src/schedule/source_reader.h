// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/locked.h"
#include "domain/event.h"
#include "store/database.h"

#include <map>

namespace mf {

class Vault;
struct SourceTurn;

/// Takes over what event sources tell. Thread-safe: several threads may look at different sources.
///
/// Changes are read in the order of their numbers, a bounded number at a time. What of them is new is kept here in one
/// transaction with the mark up to which the source is known, and deleted at the source after that. So whenever a
/// server crashes nothing is left out, and what it has not deleted yet is known when it comes again. A source that
/// permits no deletion works by its mark alone.
class SourceReader {
public:
    struct Facts {
        std::string holder;                    ///< what tells this server from others
        std::chrono::milliseconds time_limit;  ///< of connecting, and of each statement
        bool tell_node_red = false;            ///< see NodeRed
    };
    /// All must outlive it.
    SourceReader(Database& database, const Clock& clock, Vault& vault, Facts facts)
        : database_(database), clock_(clock), vault_(vault), facts_(std::move(facts)) {}

    /// Looks once, if the source is due and no other server looks at it; whether it took anything over. What goes wrong
    /// with the source is logged, and it has more and more time after each failure. Throws what goes wrong with the own
    /// database (sql::DatabaseError). A stop request ends it at the next statement.
    bool look(Id<EventSource> source, std::stop_token stop = {});
    const std::string& holder() const { return facts_.holder; }

    /// So many of a source may wait to be launched; more of them stay where they are meanwhile.
    static constexpr std::int64_t most_waiting = 1000;

private:
    struct Outcome;
    struct Place;
    Result<Place> open(const EventSource& source);
    Outcome read(SourceTurn& turn, std::stop_token stop);
    Result<void> read_new(SourceTurn& turn, Place& place, Outcome& outcome, std::stop_token stop);
    Result<void> read_late(SourceTurn& turn, Place& place, Outcome& outcome);
    Result<void> take(SourceTurn& turn, Place& place, const sql::Rows& rows, std::int64_t least, Outcome& outcome);
    Result<void> delete_taken(const EventSource& source, const Place& place, std::stop_token stop);
    bool may_delete(Id<EventSource> source);

    Database& database_;
    const Clock& clock_;
    Vault& vault_;
    const Facts facts_;
    Locked<std::map<std::int64_t, Timestamp>> read_only_;  ///< by source: nothing is deleted there until then
};

}  // namespace mf
