// SPDX-License-Identifier: MIT
// Changes of jobs that many sessions make at the same time, as one reader sees them.
#include "service/job_change_feed.h"
#include "support/manual_clock.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <atomic>
#include <limits>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct FollowedQueue : testing::Queue {
    testing::ManualClock clock{test_time};
    RunTemplate origin = add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
    JobChangeFeed feed{database, clock};
    std::vector<std::int64_t> told;

    FollowedQueue() { feed.begin(); }
    void follow() {
        for (const auto& change : feed.next()) told.push_back(change.id);
    }
    std::vector<std::int64_t> kept() {
        std::vector<std::int64_t> out;
        for (const auto& change : database.read([](Session& session) {
                 return read_changes(session, 0, std::numeric_limits<std::int64_t>::max(), 1'000'000);
             }))
            if (change.kind != JobChangeKind::nothing) out.push_back(change.id);
        return out;
    }
    Result<Job> enqueue_one(Session& session) {
        return enqueue(session, Scope::everything(),
                       {.run_template = origin, .schedule = test_time, .schedule_type = "adhoc", .launched_by = user},
                       test_time);
    }
};

}  // namespace

TEST_CASE("what many sessions do and undo is told once, in order, and completely") {
    FollowedQueue queue;
    constexpr int threads = 4, rounds = 40;
    std::atomic<int> working = threads;
    std::mutex mutex;
    std::exception_ptr problem;
    {
        std::vector<std::jthread> writers;
        for (int number = 0; number < threads; ++number)
            writers.emplace_back([&, number] {
                std::minstd_rand random(static_cast<unsigned>(number) + 1);
                const auto node = "node" + std::to_string(number);
                try {
                    for (int round = 0; round < rounds; ++round) {
                        const bool is_undone = random() % 4 == 0;
                        const auto what = random() % 3;
                        const auto number_of_jobs = random() % 5 + 1;
                        static_cast<void>(queue.database.write([&](Session& session) -> Result<void> {
                            if (what == 0)
                                for (auto i = number_of_jobs; i > 0; --i) testing::must(queue.enqueue_one(session));
                            if (what == 1) claim_due(session, node, test_time, static_cast<int>(number_of_jobs));
                            std::vector<JobEnd> ends;
                            if (what == 2)
                                for (const auto& job : unfinished_jobs(session, node))
                                    ends.push_back({.job = job.id,
                                                    .fence = job.fence,
                                                    .state = JobState::succeeded,
                                                    .end = test_time,
                                                    .exitcode = 0});
                            record_ends(session, ends);
                            if (is_undone) return Error{ErrorCode::conflict, "Undone."};
                            return {};
                        }));
                    }
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    problem = std::current_exception();
                }
                --working;
            });
        while (working > 0) queue.follow();
    }
    if (problem) std::rethrow_exception(problem);
    const auto kept = queue.kept();
    while (queue.told.size() < kept.size()) queue.follow();
    queue.follow();
    CHECK(queue.told == kept);
    // What was told before is read again by those who come back.
    std::vector<std::int64_t> again;
    for (std::int64_t at = 0; at < queue.feed.position();) {
        const auto page = queue.feed.history(at, 7);
        for (const auto& change : page.changes) again.push_back(change.id);
        REQUIRE(page.end > at);
        at = page.end;
    }
    CHECK(again == kept);
}

TEST_CASE("a transaction that ends late is waited for, whatever comes of it") {
    FollowedQueue queue;
    if (queue.database.address().dialect == sql::Dialect::sqlite) return;  // one writer at a time
    const auto slow = sql::open(queue.database.address());
    slow->begin();
    Session late{*slow};
    testing::must(queue.enqueue_one(late));
    queue.database.write([&](Session& session) { note_change(session, JobChangeKind::changed, {}, test_time); });
    queue.follow();
    CHECK(queue.told.empty());
    JobChangeFeed other(queue.database, queue.clock);
    other.begin();
    CHECK(other.position() == queue.feed.position());
    SUBCASE("it is committed") {
        // The reader may be waiting for it, because it wants to declare its id void.
        std::jthread committing([&] { slow->commit(); });
        while (queue.told.size() < 2) queue.follow();
    }
    SUBCASE("it is undone") {
        slow->rollback();
        while (queue.told.empty()) queue.follow();
    }
    CHECK(queue.told == queue.kept());
}
