// SPDX-License-Identifier: MIT
#include "store/queries/job_change.h"

#include "support/queue.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct ChangesQueue : testing::Queue {
    std::int64_t newest = database.read([](Session& session) { return change_bounds(session).newest; });

    std::vector<JobChange> read(std::int64_t after) {
        return database.read([&](Session& session) { return read_changes(session, after, INT64_MAX, 1000); });
    }
    /// What was noted since the last call, as "kind state", and whose.
    std::vector<std::string> noted(const Job& job) {
        std::vector<std::string> out;
        for (const auto& change : read(std::exchange(
                 newest, database.read([](Session& session) { return change_bounds(session).newest; })))) {
            CHECK(change.company == job.company_id);
            CHECK(change.at == moment);
            const bool is_of_job = change.job == job.id;
            out.push_back(
                fmt::format("{}{} {}", is_of_job ? "" : "other ", name_of(change.kind), name_of(change.state)));
        }
        return out;
    }
    void make(std::int64_t id, Timestamp at) { void_change(database, id, at); }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("whatever happens to a job is noted with it") {
    ChangesQueue queue;
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::queue; });
    const auto job = queue.launch(origin, queue.moment);
    CHECK(queue.noted(job) == Words{"created pending"});
    queue.claim();
    CHECK(queue.noted(job) == Words{"claimed claimed"});
    queue.start(job.id);
    CHECK(queue.noted(job) == Words{"started running"});
    testing::must(queue.cancel(job.id));
    CHECK(queue.noted(job) == Words{"cancelling running"});
    queue.end(job.id, JobState::timed_out, 143);
    CHECK(queue.read(queue.newest - 1).empty() == false);
    CHECK(queue.read(queue.newest).back().exitcode == 143);
    CHECK(queue.noted(job) == Words{"ended timed_out"});
    CHECK_FALSE(queue.end(job.id));
    CHECK_FALSE(queue.start(job.id));
    CHECK(queue.noted(job).empty());
    queue.database.write(
        [&](Session& session) { testing::must(erase_job(session, Scope::everything(), job.id, queue.moment)); });
    CHECK(queue.noted(job) == Words{"removed timed_out"});
    const auto withdrawn = queue.launch(origin, queue.moment);
    testing::must(queue.cancel(withdrawn.id));
    CHECK(queue.noted(withdrawn) == Words{"created pending", "ended cancelled"});
}

TEST_CASE("what is rolled back was never noted") {
    ChangesQueue queue;
    const auto origin = queue.add_run_template([](RunTemplate&) {});
    const auto before = queue.newest;
    const auto refused = queue.database.write([&](Session& session) -> Result<void> {
        testing::must(enqueue(
            session, Scope::everything(),
            {.run_template = origin, .schedule = queue.moment, .schedule_type = "adhoc", .launched_by = queue.user},
            queue.moment));
        return Error{ErrorCode::conflict, "No."};
    });
    CHECK_FALSE(refused);
    CHECK(queue.read(before).empty());
}

TEST_CASE("a reader that begins now begins before the first id that may still come") {
    ChangesQueue queue;
    const auto now = queue.moment;
    const auto end = [&] { return queue.database.read([&](Session& session) { return settled_end(session, now); }); };
    const auto base = queue.newest;
    CHECK(end() == base);
    queue.make(base + 100, now - 2min);
    CHECK(end() == base + 100);
    queue.make(base + 101, now);
    CHECK(end() == base + 101);
    queue.make(base + 103, now);
    queue.make(base + 105, now);
    CHECK(end() == base + 101);
    queue.make(base + 102, now);
    CHECK(end() == base + 103);
    // One more with a taken id is no failure, and changes nothing.
    queue.make(base + 102, now);
    CHECK(end() == base + 103);
}

TEST_CASE("old changes are removed, in parts, and never the newest") {
    ChangesQueue queue;
    const auto now = queue.moment;
    const auto base = queue.newest;
    for (int i = 1; i <= 25; ++i) queue.make(base + i, now - (i <= 20 ? 25h : 1h));
    const auto prune = [&](Timestamp before, std::int64_t most) {
        return queue.database.write([&](Session& session) { return prune_changes(session, before, most, 8); });
    };
    CHECK_FALSE(prune(now - 24h, 1000));
    CHECK_FALSE(prune(now - 24h, 1000));
    CHECK(prune(now - 24h, 1000));
    CHECK(queue.read(base).size() == 5);
    CHECK(prune(now - 24h, 3));
    CHECK(queue.read(base).size() == 3);
    CHECK(prune(now, 1000));
    CHECK(queue.read(base).size() == 1);
    CHECK(queue.read(base)[0].id == base + 25);
}
