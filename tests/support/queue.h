// SPDX-License-Identifier: MIT
#pragma once

#include "store/queries/job_claim.h"
#include "store/queries/job_record.h"
#include "support/moment.h"
#include "support/world.h"

namespace mf::testing {

/// A world whose jobs a test leads through their lives, by the node "node" and at one moment.
struct Queue : World {
    explicit Queue(Timestamp now_of_test = test_time, std::chrono::milliseconds lock_wait = std::chrono::seconds(10))
        : World(now_of_test, lock_wait), moment(now_of_test) {}

    std::vector<ClaimedJob> claim(int most = 100, std::optional<Timestamp> when = {}) {
        return database.write(
            [&](Session& session) { return claim_due(session, "node", when.value_or(moment), most); });
    }
    /// As the executor says it that has the job.
    bool start(Id<Job> id, std::string handle = "h") {
        return database.write([&, fence = get(id).fence](Session& session) {
            return record_start(
                session, {.job = id, .fence = fence, .begin = moment, .pid = 7, .handle = handle, .environment = "[]"});
        });
    }
    bool end(Id<Job> id, JobState state = JobState::succeeded, std::int64_t code = 0) {
        return database.write([&, fence = get(id).fence](Session& session) {
            return record_end(session, {.job = id, .fence = fence, .state = state, .end = moment, .exitcode = code});
        });
    }
    Result<Job> cancel(Id<Job> id, Scope scope = Scope::everything()) {
        return database.write([&](Session& session) { return request_cancel(session, scope, id, "No more.", moment); });
    }
    Job in_state(JobState state) {
        const auto job = launch(add_run_template(), moment);
        if (state == JobState::pending) return job;
        claim();
        if (state == JobState::claimed) return get(job.id);
        start(job.id);
        if (state != JobState::running) end(job.id, state, state == JobState::succeeded ? 0 : 1);
        return get(job.id);
    }
    std::int64_t waiting() { return number(R"(SELECT COUNT(*) FROM "schedule" WHERE "waiting" = TRUE)"); }

    Timestamp moment;  ///< of everything that happens
};

}  // namespace mf::testing
