// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/job_change.h"
#include "net/server/message.h"

#include <vector>

namespace mf {

/// Which changes of jobs somebody wants to hear of. An empty list: of all.
struct ChangesWanted {
    std::vector<JobChangeKind> kinds;
    std::vector<std::int64_t> jobs;
    std::vector<std::int64_t> run_templates;
    std::vector<std::int64_t> companies;
    std::optional<std::int64_t> last_id;  ///< the last change that is known; none: begins now

    bool includes(const JobChange& change) const;
};

/// The type of the event that tells of a change: "job.started".
std::string event_type(JobChangeKind kind);

/// Reads ?types=job.started,job.ended&job_id=&runtemplate_id=&company_id=&last_event_id=, each perhaps a list with
/// commas, and the header Last-Event-ID (HTML Standard, section 9.2.4), which counts more: a browser that comes back
/// sends it with the address of the first time. invalid: with every complaint at once.
Result<ChangesWanted> read_changes_wanted(const http::Request& request);

/// How far somebody knows the output of a job, and its state. As an id of an event: "17-running"; nothing
/// stands before the dash when no output is known.
struct OutputPosition {
    std::int64_t seq = -1;  ///< of the last piece that is known
    std::optional<JobState> state;

    bool operator==(const OutputPosition&) const = default;
};
std::string to_event_id(const OutputPosition& position);
Result<OutputPosition> read_output_position(const http::Request& request);

}  // namespace mf
