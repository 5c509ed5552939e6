// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "store/queries/job_change.h"
#include "store/queries/statistics.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;
using namespace std::chrono_literals;

namespace {

/// What must hold between any two transactions.
void check_invariants(testing::Queue& queue) {
    std::map<std::int64_t, QueueEntry> queued;
    for (const auto& entry : queue.all<QueueEntry>()) queued.emplace(entry.job_id.value, entry);
    std::set<std::int64_t> occupied;
    std::int64_t ended = 0, succeeded = 0, withdrawn = 0, total = 0;
    for (const auto& job : queue.all<Job>()) {
        ++total;
        const bool runs = job.state == JobState::claimed || job.state == JobState::running;
        // No job is lost: it has ended, or it waits in the queue, or somebody has it.
        RC_ASSERT(queued.contains(job.id.value) == (job.state == JobState::pending));
        if (job.exclusive) {
            RC_ASSERT(runs);
            RC_ASSERT(*job.exclusive == job.runtemplate_id.value);
            RC_ASSERT(occupied.insert(*job.exclusive).second);
        }
        if (has_ended(job.state)) {
            ++ended;
            RC_ASSERT(job.end.has_value());
            succeeded += job.state == JobState::succeeded;
            withdrawn += job.state == JobState::cancelled && !job.begin;
        }
    }
    // Nobody waits for ever: there is a job to wait for, or one before it that goes next.
    for (const auto& [job, entry] : queued) {
        if (!entry.waiting) continue;
        const bool goes_next = std::ranges::any_of(queued, [&, &mine = entry](const auto& other) {
            return other.second.runtemplate_id == mine.runtemplate_id && !other.second.waiting &&
                   other.second.after <= queue.moment;
        });
        RC_ASSERT(occupied.contains(entry.runtemplate_id.value) || goes_next);
    }
    const auto counted = queue.database.read(
        [&](Session& session) { return job_statistics(session, Scope::everything(), queue.moment); });
    RC_ASSERT(counted.total == total);
    RC_ASSERT(counted.succeeded == succeeded);
    RC_ASSERT(counted.failed == ended - succeeded - withdrawn);
    RC_ASSERT(counted.withdrawn == withdrawn);
}

/// Who knows nothing but what was noted knows how every job is.
void check_changes(testing::Queue& queue) {
    struct Known {
        JobState state;
        std::int64_t run_template, company;
        std::optional<std::int64_t> exitcode;
        bool cancelling;
        auto operator<=>(const Known&) const = default;
    };
    std::map<std::int64_t, Known> noted, jobs;
    for (const auto& change : queue.database.read([](Session& session) {
             return read_changes(session, 0, std::numeric_limits<std::int64_t>::max(), 1'000'000);
         })) {
        if (change.kind == JobChangeKind::nothing) continue;
        const auto before = noted.find(change.job.value);
        RC_ASSERT((before == noted.end()) == (change.kind == JobChangeKind::created));
        const bool was_cancelling = before != noted.end() && before->second.cancelling;
        if (change.kind == JobChangeKind::removed)
            noted.erase(change.job.value);
        else
            noted.insert_or_assign(change.job.value,
                                   Known{change.state, change.run_template.value, change.company.value, change.exitcode,
                                         was_cancelling || change.kind == JobChangeKind::cancelling});
    }
    for (const auto& job : queue.all<Job>())
        jobs.emplace(job.id.value, Known{job.state, job.runtemplate_id.value, job.company_id.value, job.exitcode,
                                         job.cancel_requested_at.has_value()});
    RC_ASSERT(noted == jobs);
}

void check_paging(testing::Queue& queue) {
    for (const bool newest_first : {false, true}) {
        ListQuery plain{.newest_first = newest_first, .limit = 3, .offset = *rc::gen::inRange<std::int64_t>(0, 12)};
        ListQuery quick = plain;
        queue.database.read([&](Session& session) { skip_by_key(session, Scope::everything(), quick); });
        const auto expected = queue.all<Job>(plain), found = queue.all<Job>(quick);
        RC_ASSERT(expected.size() == found.size());
        for (std::size_t i = 0; i < found.size(); ++i) RC_ASSERT(found[i].id == expected[i].id);
    }
}

}  // namespace

TEST_CASE("whatever happens in whatever order, no job is lost and none runs twice") {
    testing::Queue queue(testing::test_time);
    const auto stranger = Scope::only(queue.add_company("stranger").id);
    std::vector<RunTemplate> origins;
    for (const auto overlap : {Overlap::coalesce, Overlap::queue, Overlap::parallel})
        origins.push_back(queue.add_run_template([&](RunTemplate& r) {
            r.overlap = overlap;
            r.max_attempts = 2;
        }));
    std::int64_t slot = 0;
    const auto some_job = [&]() -> std::optional<Job> {
        const auto jobs = queue.all<Job>({.newest_first = true, .limit = 8});
        if (jobs.empty()) return std::nullopt;
        return *rc::gen::elementOf(jobs);
    };
    CHECK(rc::check([&] {
        const int steps = *rc::gen::inRange(1, 12);
        for (int step = 0; step < steps; ++step) {
            const auto origin = *rc::gen::inRange<std::size_t>(0, origins.size());
            const auto job = some_job();
            const auto within = *rc::gen::inRange(0, 6) == 0 ? stranger : Scope::everything();
            switch (*rc::gen::inRange(0, 12)) {
                case 0:
                case 1:
                    queue.launch(origins[origin], queue.moment - std::chrono::seconds(*rc::gen::inRange(-5, 60)));
                    break;
                case 2: queue.plan(origins[origin], queue.moment - std::chrono::seconds(++slot)); break;
                case 3:
                case 4: queue.claim(*rc::gen::inRange(1, 4)); break;
                case 5:
                    if (job) queue.start(job->id);
                    break;
                case 6:
                case 7:
                    if (job) {
                        const auto state = *rc::gen::element(JobState::succeeded, JobState::failed, JobState::lost,
                                                             JobState::cancelled, JobState::blocked);
                        queue.end(job->id, state, state == JobState::succeeded ? 0 : 1);
                    }
                    break;
                case 8:
                    if (job) static_cast<void>(queue.cancel(job->id, within));
                    break;
                case 9:
                    if (job) queue.database.write([&](Session& session) { give_back(session, *job); });
                    break;
                case 10:
                    if (job)
                        static_cast<void>(queue.database.write(
                            [&](Session& session) { return erase_job(session, within, job->id, queue.moment); }));
                    break;
                default:
                    if (job) {
                        Job after = *job;
                        after.runtemplate_id = origins[origin].id;
                        after.slot.reset();
                        after.retry_of.reset();
                        after.task_id.reset();
                        after.schedule = queue.moment + std::chrono::seconds(*rc::gen::inRange(-60, 3600));
                        static_cast<void>(queue.database.write([&](Session& session) {
                            return change_queued(session, Scope::everything(), *job, after);
                        }));
                    }
                    break;
            }
            check_invariants(queue);
            check_changes(queue);
        }
        check_paging(queue);
    }));
}
