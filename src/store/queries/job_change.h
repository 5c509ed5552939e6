// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job_change.h"
#include "store/database.h"

#include <map>
#include <span>

namespace mf {

/// What has happened to jobs, for those who follow them. A transaction that changes jobs notes it itself, so a change
/// is there exactly when what it tells of is.
///
/// Ids are given when a row is made and seen when its transaction is committed: with several writers (PostgreSQL,
/// MariaDB) a smaller id may appear after a larger one, or never. Who reads in the order of ids has to wait at each one
/// that is missing, see service/job_change_feed.h.

/// Called by every guarded statement of a job's life (job_queue.h, job_claim.h, job_record.h), after its own change.
/// The ids of `changes` are ignored. DatabaseError busy: somebody has declared the id of a row void; the whole
/// transaction is to be repeated.
void note_changes(Session& session, std::span<const JobChange> changes);
void note_change(Session& session, JobChangeKind kind, const Job& job, Timestamp at);
/// The same for jobs of which only the numbers are known, and when it happened; the rest is read.
void note_changes(Session& session, JobChangeKind kind, const std::map<std::int64_t, Timestamp>& jobs);

/// The changes behind an id and up to another one, in order, at most so many. Also those of kind nothing.
std::vector<JobChange> read_changes(Session& session, std::int64_t after, std::int64_t until, std::int64_t most);

/// Of all changes that can be seen.
struct ChangeBounds {
    std::int64_t oldest = 0;  ///< 0: there is none
    std::int64_t newest = 0;
};
ChangeBounds change_bounds(Session& session);

/// Behind which id a reader begins who wants what happens from now on: nothing that is committed later has it or a
/// smaller one. It may be a little before the newest, because there are transactions that have not ended.
/// `longest`: no transaction that changes jobs takes longer.
std::int64_t settled_end(Session& session, Timestamp now, std::chrono::milliseconds longest = std::chrono::minutes{1});

/// Makes sure that an id that is missing stays so: afterwards a change with this id is there, somebody's or one of kind
/// nothing. Waits for a transaction that has made one and not ended, as long as statements wait for locks (busy).
void void_change(Database& database, std::int64_t id, Timestamp now);

/// Has everybody who has changed jobs ended? After true, whatever ids were given by then are to be seen or will never
/// be used. Waits for nobody, and holds up nobody. False as well when the database does not let this account know
/// (MariaDB: the privilege LOCK TABLES).
bool no_change_is_open(Database& database);

/// Removes the oldest changes: those made before, and as many as there are beyond `most`; never the newest one. At most
/// `at_once` of them, so that nobody is held up; false: that was not all.
bool prune_changes(Session& session, Timestamp before, std::int64_t most, std::int64_t at_once = 10'000);

}  // namespace mf
