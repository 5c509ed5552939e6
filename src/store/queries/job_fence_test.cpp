// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "store/queries/job_output.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Queue;

TEST_CASE("only the last claim of a job counts, whatever an earlier one still writes") {
    Queue queue;
    const auto id = queue.launch(queue.add_run_template(), queue.moment).id;
    const auto claim = [&] {
        const auto claimed = queue.claim();
        REQUIRE(claimed.size() == 1);
        CHECK(queue.get(id).fence == claimed[0].job.fence);
        return claimed[0].job;
    };
    const auto refuses = [&](const Job& holder) {
        const auto before = queue.get(id);
        queue.database.write([&](Session& session) {
            CHECK_FALSE(record_start(session, {.job = id, .fence = holder.fence, .environment = "[]"}));
            const auto piece = pack(id, holder.fence, {.bytes = "too late"});
            CHECK(append_output(session, std::span(&piece, 1)) == 1);
            CHECK_FALSE(record_end(session, {.job = id, .fence = holder.fence}));
            CHECK_FALSE(give_back(session, holder));
        });
        const auto after = queue.get(id);
        return after.state == before.state && !has_ended(after.state) &&
               queue.number(R"(SELECT COUNT(*) FROM "job_output")") == 0;
    };
    const auto first = claim();
    CHECK(queue.database.write([&](Session& session) { return give_back(session, first); }));
    CHECK(refuses(first));
    const auto second = claim();
    CHECK(second.fence > first.fence);
    CHECK(refuses(first));
    REQUIRE(queue.start(id));
    CHECK(refuses(first));
    // A server that takes the name of the node has its jobs, and nobody before it.
    const auto take_over = [&](std::string_view node) {
        return queue.database.write([&](Session& session) { return take_over_jobs(session, node); });
    };
    CHECK(take_over("other").empty());
    const auto taken = take_over("node");
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].state == JobState::running);
    CHECK(refuses(second));
    queue.database.write([&](Session& session) {
        const auto piece = pack(id, taken[0].fence, {.bytes = "in time"});
        CHECK(append_output(session, std::span(&piece, 1)) == 0);
        CHECK(record_end(session, {.job = id, .fence = taken[0].fence, .state = JobState::succeeded}));
        // What has ended keeps what was kept.
        const auto late = pack(id, taken[0].fence, {.seq = 1, .bytes = "late"});
        CHECK(append_output(session, std::span(&late, 1)) == 1);
    });
    CHECK(queue.get(id).state == JobState::succeeded);
}
