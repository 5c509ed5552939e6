// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"

namespace mf {

/// What can happen to a job.
enum class JobChangeKind {
    created,
    claimed,     ///< a node has taken it
    requeued,    ///< a node has put it back into the queue
    changed,     ///< it waits for another time, or belongs to another run template
    cancelling,  ///< somebody wants it to end; it goes on for now
    started,
    ended,
    removed,
    nothing  ///< of no job: no other change has this id, or ever will
};
constexpr auto names_of(JobChangeKind) {
    return std::to_array<std::string_view>(
        {"created", "claimed", "requeued", "changed", "cancelling", "started", "ended", "removed", "nothing"});
}

/// One thing that happened to a job, and how the job was afterwards. Of one job those with the smaller id happened
/// before; of several, ids are the order in which they are told.
struct JobChange {
    std::int64_t id = 0;  ///< given by the database
    Id<Company> company;
    Id<Job> job;
    Id<RunTemplate> run_template;
    JobChangeKind kind = JobChangeKind::nothing;
    JobState state = JobState::pending;  ///< of a removed job: as it was before
    std::optional<std::int64_t> exitcode;
    Timestamp at{};
};

}  // namespace mf
