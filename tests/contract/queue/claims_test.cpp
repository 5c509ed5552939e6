// SPDX-License-Identifier: MIT
// Several sessions that take jobs from one queue at the same time.
#include "base/time_text.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct SharedQueue : testing::Queue {
    /// Threads with the numbers 0, 1, … at the same time; the first exception of any of them is thrown.
    void together(int threads, const std::function<void(int)>& work) {
        std::vector<std::exception_ptr> problems(static_cast<std::size_t>(threads));
        {
            std::vector<std::jthread> running;
            for (int i = 0; i < threads; ++i)
                running.emplace_back([&, i] {
                    try {
                        work(i);
                    } catch (...) {
                        problems[static_cast<std::size_t>(i)] = std::current_exception();
                    }
                });
        }
        for (const auto& problem : problems)
            if (problem) std::rethrow_exception(problem);
    }
    std::vector<ClaimedJob> claim_as(const std::string& node, int most) {
        return database.write([&](Session& session) { return claim_due(session, node, test_time, most); });
    }
    bool finish(const Job& job) {
        return database.write([&](Session& session) {
            return record_end(
                session,
                {.job = job.id, .fence = job.fence, .state = JobState::succeeded, .end = test_time, .exitcode = 0});
        });
    }
    std::int64_t unfinished() { return number(R"(SELECT COUNT(*) FROM "job" WHERE "end" IS NULL)"); }
};

}  // namespace

TEST_CASE("jobs that many nodes claim at the same time are claimed once each") {
    SharedQueue queue;
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
    constexpr int jobs = 400;
    queue.database.write([&](Session& session) {
        for (int i = 0; i < jobs; ++i)
            testing::must(enqueue(
                session, Scope::everything(),
                {.run_template = origin, .schedule = test_time, .schedule_type = "adhoc", .launched_by = queue.user},
                test_time));
    });
    std::mutex mutex;
    std::multiset<std::int64_t> taken;
    queue.together(4, [&](int i) {
        const auto node = "node" + std::to_string(i);
        // Rows that others are claiming are passed over: nothing found does not mean that nothing is left.
        for (int nothing = 0; nothing < 50;) {
            const auto claimed = queue.claim_as(node, 7);
            nothing = claimed.empty() ? nothing + 1 : 0;
            const std::lock_guard lock(mutex);
            for (const auto& job : claimed) taken.insert(job.job.id.value);
        }
    });
    CHECK(taken.size() == jobs);
    CHECK(std::set(taken.begin(), taken.end()).size() == jobs);
}

TEST_CASE("jobs of run templates that run alone never overlap and all get their turn, whoever takes them") {
    SharedQueue queue;
    constexpr int origins = 6, of_each = 12;
    for (int i = 0; i < origins; ++i) {
        const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::queue; });
        for (int j = 0; j < of_each; ++j) queue.launch(origin, test_time - std::chrono::seconds(j));
    }
    std::atomic<int> ended = 0, overlaps = 0;
    std::mutex mutex;
    std::set<std::int64_t> running;
    // The same thread takes and ends, in another order, as two nodes with several slots each do.
    const auto begun = std::chrono::steady_clock::now();
    queue.together(4, [&](int i) {
        const auto node = "node" + std::to_string(i);
        std::minstd_rand random(static_cast<unsigned>(i) + 1);
        while (ended < origins * of_each) {
            if (std::chrono::steady_clock::now() - begun > 60s) throw std::runtime_error("jobs wait for ever");
            auto claimed = queue.claim_as(node, 3);
            {
                const std::lock_guard lock(mutex);
                for (const auto& job : claimed) overlaps += !running.insert(job.run_template.id.value).second;
            }
            std::ranges::shuffle(claimed, random);
            for (const auto& job : claimed) {
                {
                    const std::lock_guard lock(mutex);
                    running.erase(job.run_template.id.value);
                }
                if (!queue.finish(job.job)) throw std::runtime_error("a job was not ours");
                ++ended;
            }
        }
    });
    CHECK(overlaps == 0);
    CHECK(queue.unfinished() == 0);
    CHECK(queue.all<QueueEntry>().empty());
}

TEST_CASE("claims, cancels, removals and changes at the same time leave the queue in order") {
    SharedQueue queue;
    std::vector<RunTemplate> origins;
    for (const auto overlap : {Overlap::queue, Overlap::queue, Overlap::parallel})
        origins.push_back(queue.add_run_template([&](RunTemplate& r) { r.overlap = overlap; }));
    std::vector<Job> jobs;
    for (int i = 0; i < 120; ++i) jobs.push_back(queue.launch(origins[static_cast<std::size_t>(i) % 3], test_time));
    queue.together(4, [&](int i) {
        std::minstd_rand random(static_cast<unsigned>(i) + 7);
        for (int step = 0; step < 60; ++step) {
            const Job& job = jobs[random() % jobs.size()];
            if (i < 2) {
                for (const auto& claimed : queue.claim_as("node" + std::to_string(i), 2)) {
                    if (random() % 4 == 0)
                        queue.database.write([&](Session& session) { give_back(session, claimed.job); });
                    else if (!queue.finish(claimed.job))
                        throw std::runtime_error("a job was not ours");
                }
            } else if (random() % 3 == 0) {
                static_cast<void>(queue.cancel(job.id));
            } else if (random() % 2 == 0) {
                static_cast<void>(queue.database.write(
                    [&](Session& session) { return erase_job(session, Scope::everything(), job.id, test_time); }));
            } else {
                static_cast<void>(queue.database.write([&, to = origins[random() % 3].id](Session& session) {
                    const auto before = Repository<Job>(session, Scope::everything()).find(job.id);
                    if (!before) return Result<void>(before.error());
                    Job after = *before;
                    after.runtemplate_id = to;
                    return change_queued(session, Scope::everything(), *before, after);
                }));
            }
        }
    });
    // Nothing waits for something that is not there: alone, the rest is done without more help.
    const auto left = queue.number(R"(SELECT COUNT(*) FROM "schedule")");
    for (std::int64_t i = 0; i <= left; ++i)
        for (const auto& claimed : queue.claim_as("last", 100)) CHECK(queue.finish(claimed.job));
    CHECK(queue.all<QueueEntry>().empty());
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "job" WHERE "state" IN ('pending', 'claimed', 'running'))") == 0);
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "job" WHERE "exclusive" IS NOT NULL)") == 0);
}
