// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event_change.h"
#include "domain/job.h"
#include "store/database.h"

namespace mf {

/// An event source that is to be looked at.
struct DueSource {
    Id<EventSource> id;
    Timestamp due{};   ///< its time, or when whoever looks at it now has lost his turn
    int failures = 0;  ///< in a row, up to now
};
/// All that are enabled, of a company that works, and have an enabled rule: what nobody wants stays where it is. Those
/// that are due first come first. What a server of this name held when it crashed is due at once.
std::vector<DueSource> sources_to_look_at(Session& session, std::string_view holder);

/// The right to look at one source, which one server at a time has.
struct SourceTurn {
    EventSource source;
    int failures = 0;
    /// Changes with smaller numbers than source.last_processed_id that appear late count when they are above this.
    std::int64_t floor = 0;
};
/// Takes the turn until `until`, if the source is due and no other server has it. When somebody has set
/// last_processed_id since, what was launched after changes behind it is forgotten, so that they are dealt with anew.
std::optional<SourceTurn> take_turn(Session& session, Id<EventSource> source, std::string_view holder, Timestamp now,
                                    Timestamp until);
struct EndOfTurn {
    Timestamp next_look{};
    int failures = 0;
    std::optional<Timestamp> read_all_at = {};  ///< since when nothing was left to be read, late changes included
};
/// Gives it back.
void end_turn(Session& session, Id<EventSource> source, std::string_view holder, const EndOfTurn& end);
/// The source is due now, whatever was found there: somebody has changed how it is reached.
void look_soon(Session& session, Id<EventSource> source);

/// How a change is kept besides what it says.
struct TakingOver {
    std::string_view holder;
    Timestamp now{};
    Timestamp held_until{};     ///< the turn is held on
    std::int64_t position = 0;  ///< last_processed_id from now on
    bool delete_at_source = true;
    bool tell = false;  ///< Node-RED
};
/// Takes changes over, each once whoever tells of it again, with what rules have to launch after them, and moves
/// last_processed_id on. False, and nothing is to be committed: the turn was lost, somebody has set last_processed_id
/// or disabled the source, or no rule wants its changes any more.
bool take_over(Session& session, const SourceTurn& turn, std::span<const ToldChange> changes, const TakingOver& how);

/// Which numbers above `floor` were taken over.
std::vector<std::int64_t> taken_over(Session& session, Id<EventSource> source, std::int64_t floor);

/// How many of the changes of a source have to be launched by now; does not count beyond `most`.
std::int64_t waiting_changes(Session& session, Id<EventSource> source, Timestamp now, std::int64_t most);

/// A change that is here, and has to be deleted at its source.
struct ChangeAtSource {
    std::int64_t id = 0;
    std::int64_t inversion = 0;
};
std::vector<ChangeAtSource> changes_to_delete(Session& session, Id<EventSource> source, std::size_t most);
void note_deleted(Session& session, std::span<const ChangeAtSource> changes);
/// Nothing of the source will be deleted there of what is here now: it may not be, or is another database by now.
void leave_at_source(Session& session, Id<EventSource> source);

/// What has to be launched at this moment, in the order in which it came, of one change rules of higher priority first.
std::vector<EventChange> due_event_changes(Session& session, Timestamp now, std::size_t most);
/// When the next one has to be launched, or had to.
std::optional<Timestamp> next_event_change(Session& session);
/// False: somebody else deals with it, or it is not open any more. In the transaction that launches the job.
bool take_event_change(Session& session, Id<EventChange> id);
void note_change_launched(Session& session, Id<EventChange> id, Id<Job> launched);
/// Nothing counts as a failure yet: it is tried later.
void postpone_event_change(Session& session, Id<EventChange> id, Timestamp until, std::string_view why);
/// One more attempt of an open one has failed. Without `next` it is put aside. False: it is not open.
bool note_change_failed(Session& session, Id<EventChange> id, std::int64_t attempts, std::string_view why,
                        std::optional<Timestamp> next);
/// One that was put aside is tried again. False: it was not, or what it was about is not kept any more.
bool reopen_event_change(Session& session, Id<EventChange> id, Timestamp now);
/// What rules select from; with a flaw when it is not there.
ToldChange told_change_of(Session& session, const EventChange& change);

/// A change that Node-RED is to be told of.
struct ChangeToTell {
    std::int64_t id = 0;
    Id<EventSource> source;
    std::string source_name;
    ToldChange change;
};
std::vector<ChangeToTell> changes_to_tell(Session& session, std::size_t most);
void note_change_told(Session& session, std::int64_t change);

/// Removes what was dealt with: changes after a day, and what rules made of them, with what those are about, after 30
/// days. Of at most so many; whether that was all.
bool forget_old_changes(Session& session, Timestamp now, std::int64_t most);

}  // namespace mf
