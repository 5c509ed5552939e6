// SPDX-License-Identifier: MIT
#include "store/queries/launch_attempts.h"

#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct LaunchQueue : testing::Queue {
    LaunchQueue() : testing::Queue(testing::test_time) {}

    LaunchAttempts attempts(Id<Job> first) {
        return database.write([&](Session& session) { return attempts_of_launch(session, origin.id, first); });
    }
    Job repeat(const Job& first, std::int64_t attempt) {
        return database.write([&](Session& session) {
            return testing::must(enqueue(session, Scope::everything(),
                                         {.run_template = origin,
                                          .schedule = moment,
                                          .schedule_type = "adhoc",
                                          .launched_by = user,
                                          .attempt = attempt,
                                          .retry_of = first.id},
                                         moment));
        });
    }
    void run(const Job& job, JobState state) {
        REQUIRE(claim().size() == 1);
        REQUIRE(start(job.id));
        REQUIRE(end(job.id, state, state != JobState::succeeded));
    }

    const RunTemplate origin = add_run_template();
};

}  // namespace

TEST_CASE("the attempts of a launch: their number, which one is under way, and which one succeeded first") {
    LaunchQueue queue;
    // Those of others do not count.
    REQUIRE(queue.cancel(queue.repeat(queue.in_state(JobState::succeeded), 7).id));
    const auto first = queue.launch(queue.origin, testing::test_time);

    auto attempts = queue.attempts(first.id);
    CHECK(attempts.last == 1);
    CHECK(attempts.under_way == first.id);
    CHECK_FALSE(attempts.succeeded_in);
    REQUIRE(queue.claim().size() == 1);
    CHECK(queue.attempts(first.id).under_way == first.id);
    REQUIRE(queue.start(first.id));
    CHECK(queue.attempts(first.id).under_way == first.id);
    REQUIRE(queue.end(first.id, JobState::failed, 1));
    attempts = queue.attempts(first.id);
    CHECK(attempts.last == 1);
    CHECK_FALSE(attempts.under_way);
    CHECK_FALSE(attempts.succeeded_in);

    const auto second = queue.repeat(first, 2);
    attempts = queue.attempts(first.id);
    CHECK(attempts.last == 2);
    CHECK(attempts.under_way == second.id);
    queue.run(second, JobState::succeeded);
    const auto third = queue.repeat(first, 3);
    queue.run(third, JobState::succeeded);
    attempts = queue.attempts(first.id);
    CHECK(attempts.last == 3);
    CHECK_FALSE(attempts.under_way);
    CHECK(attempts.succeeded_in == second.id);
}

TEST_CASE("what is not there has no attempts, and those of an expected run belong to its task") {
    LaunchQueue queue;
    const auto planned = queue.plan(queue.origin, testing::test_time);
    for (const auto job : {planned.id, Id<Job>{std::int64_t{1} << 40}}) {
        const auto attempts = queue.attempts(job);
        CHECK(attempts.last == 0);
        CHECK_FALSE(attempts.under_way);
        CHECK_FALSE(attempts.succeeded_in);
    }
}

TEST_CASE("who asks for the attempts of a launch while somebody decides about them waits for the decision") {
    LaunchQueue queue;
    const auto first = queue.launch(queue.origin, testing::test_time);
    queue.run(first, JobState::failed);
    auto address = queue.database.address();
    address.lock_wait = 50ms;
    const auto one = sql::open(address), two = sql::open(address);
    Session deciding{*one}, asking{*two};
    one->begin();
    CHECK_FALSE(attempts_of_launch(deciding, queue.origin.id, first.id).under_way);
    try {
        two->begin();
        attempts_of_launch(asking, queue.origin.id, first.id);
        FAIL("both decide at the same moment");
    } catch (const sql::DatabaseError& error) {
        CHECK(error.kind == sql::DatabaseError::Kind::busy);
    }
    two->rollback();
    one->rollback();
    const auto second = queue.repeat(first, 2);
    two->begin();
    CHECK(attempts_of_launch(asking, queue.origin.id, first.id).under_way == second.id);
    two->rollback();
}
