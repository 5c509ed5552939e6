// SPDX-License-Identifier: MIT
// Jobs of a run template that run one after the other, while two sessions are at them in the worst order.
#include "base/time_text.h"
#include "store/queries/lane.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <future>
#include <thread>

using namespace mf;
using namespace std::chrono_literals;

namespace {

const Timestamp now = *parse_time("2026-03-02 02:00", Timestamp{}, Zone::utc());

/// One job of a run template runs, others wait for it.
struct Turns : testing::Queue {
    explicit Turns(int others) : testing::Queue(now) {
        const auto origin = add_run_template([](RunTemplate& r) { r.overlap = Overlap::queue; });
        for (int i = 0; i <= others; ++i) jobs.push_back(launch(origin, now + std::chrono::milliseconds(i)));
        REQUIRE(claim(1, now).size() == 1);
    }
    JobEnd end_of_first() {
        return {.job = jobs[0].id, .fence = get(jobs[0].id).fence, .state = JobState::succeeded, .end = now};
    }
    void set_aside_all() {
        REQUIRE(claim(100, now + 1min).empty());
        REQUIRE(waiting() == std::ssize(jobs) - 1);
    }
    /// Claims again, and finds just this job.
    void check_next(const Job& job) {
        const auto claimed = claim(100, now + 1min);
        REQUIRE(claimed.size() == 1);
        CHECK(claimed[0].job.id == job.id);
    }
    /// Another session, which waits for locks only shortly.
    std::unique_ptr<sql::Connection> impatient_session() {
        auto address = database.address();
        address.lock_wait = 50ms;
        return sql::open(address);
    }
    bool one_writer_at_a_time() const { return database.address().dialect == sql::Dialect::sqlite; }

    std::vector<Job> jobs;
};

bool somebody_waits_for_a_lock(sql::Connection& session) {
    const auto rows = session.query(
        session.dialect() == sql::Dialect::postgres
            ? "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            // information_schema.innodb_trx keeps its old content from who asks more often than every 100 ms.
            : "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status "
              "WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'",
        {});
    return std::get<std::int64_t>(rows[0][0]) > 0;
}

/// Lets another session work until it waits for a lock of `holder`, which is committed then; what the work gave.
template <class Work>
auto overtaken(Database& database, sql::Connection& holder, Work work) {
    const auto looks = sql::open(database.address());
    auto working = std::async(std::launch::async, [&] { return database.write(work); });
    // When it has not waited, the test shall fail and not hang.
    while (!somebody_waits_for_a_lock(*looks) && working.wait_for(0s) != std::future_status::ready)
        std::this_thread::yield();
    holder.commit();
    return working.get();
}

sql::DatabaseError::Kind failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const sql::DatabaseError& error) {
        return error.kind;
    }
    FAIL("the action has not failed");
    return {};
}

}  // namespace

TEST_CASE("a job does not end while somebody makes another one wait for it") {
    Turns turns(1);
    const auto claims = sql::open(turns.database.address());
    const auto ends = turns.impatient_session();
    Session claiming{*claims}, ending{*ends};
    const auto end = turns.end_of_first();
    claims->begin();
    CHECK(claim_due(claiming, "other", now + 1min, 100).empty());
    // It would not see who waits for it.
    CHECK(failure_of([&] {
              ends->begin();
              record_end(ending, end);
          }) == sql::DatabaseError::Kind::busy);
    ends->rollback();
    claims->commit();
    CHECK(turns.waiting() == 1);
    ends->begin();
    CHECK(record_end(ending, end));
    ends->commit();
    CHECK(turns.waiting() == 0);
    turns.check_next(turns.jobs[1]);
}

TEST_CASE("as long as a job runs, what leaves the queue lets nobody go") {
    Turns turns(3);
    turns.set_aside_all();
    REQUIRE(turns.cancel(turns.jobs[1].id));
    CHECK(turns.waiting() == 2);
    REQUIRE(turns.database.write(
        [&](Session& session) { return erase_job(session, Scope::everything(), turns.jobs[2].id, now); }));
    CHECK(turns.waiting() == 1);
}

TEST_CASE("whose turn it is goes to the one behind when the next is taken out of the queue at that moment") {
    Turns turns(2);
    if (turns.one_writer_at_a_time()) return;
    turns.set_aside_all();
    const auto cancels = sql::open(turns.database.address());
    Session cancelling{*cancels};
    cancels->begin();
    REQUIRE(request_cancel(cancelling, Scope::everything(), turns.jobs[1].id, "No more.", now));
    const auto end = turns.end_of_first();
    CHECK(overtaken(turns.database, *cancels, [&](Session& session) { return record_end(session, end); }));
    CHECK(turns.waiting() == 0);
    turns.check_next(turns.jobs[2]);
}

TEST_CASE("of two that claim jobs of one run template at the same moment the second makes its job wait") {
    testing::Queue queue(now);
    const auto origin = queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::queue; });
    std::vector<Job> jobs;
    for (int i = 0; i < 2; ++i) jobs.push_back(queue.launch(origin, now));
    // The first claim of an installation makes what the later ones lock.
    queue.database.write([](Session& session) { lock_claims(session); });
    if (queue.database.address().dialect == sql::Dialect::sqlite) return;
    const auto first = sql::open(queue.database.address());
    Session claiming{*first};
    first->begin();
    REQUIRE(claim_due(claiming, "first", now, 1).size() == 1);
    // Without an attempt that comes to nothing, of which deadlocks can be made.
    int attempts = 0;
    CHECK(overtaken(queue.database, *first, [&](Session& session) {
              ++attempts;
              return claim_due(session, "second", now, 100);
          }).empty());
    CHECK(attempts == 1);
    CHECK(queue.waiting() == 1);
    REQUIRE(queue.end(jobs[0].id));
    CHECK(queue.claim().size() == 1);
}

TEST_CASE("a job that somebody else has moved meanwhile is not moved by what was read before") {
    testing::Queue queue(now);
    std::vector<RunTemplate> origins;
    for (int i = 0; i < 3; ++i)
        origins.push_back(queue.add_run_template([](RunTemplate& r) { r.overlap = Overlap::queue; }));
    const auto stale = queue.launch(origins[0], now);
    const auto move = [&](const Job& before, const RunTemplate& to, Timestamp when) {
        queue.database.write([&](Session& session) {
            Job after = before;
            after.runtemplate_id = to.id;
            after.schedule = when;
            REQUIRE(change_queued(session, Scope::everything(), before, after));
        });
    };
    move(stale, origins[1], now);
    // Back to where the first of both believes that it is: no difference to write.
    CHECK(failure_of([&] { move(stale, origins[0], now); }) == sql::DatabaseError::Kind::busy);
    const auto moved = queue.get(stale.id);
    CHECK(moved.runtemplate_id == origins[1].id);
    CHECK(queue.all<QueueEntry>().at(0).runtemplate_id == origins[1].id);
    move(moved, origins[1], now + 1h);
    CHECK(failure_of([&] { move(moved, origins[1], now); }) == sql::DatabaseError::Kind::busy);
    CHECK(queue.get(stale.id).schedule == queue.all<QueueEntry>().at(0).after);
    move(queue.get(stale.id), origins[2], now);
    CHECK(queue.claim().size() == 1);
}
