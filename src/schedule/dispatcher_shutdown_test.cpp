// SPDX-License-Identifier: MIT
#include "support/server.h"

#include <doctest/doctest.h>

// What comes when the dispatcher has given up waiting and is gone. The address sanitizer tells whether any of it
// reaches the memory where it was.

using namespace mf;
using namespace std::chrono_literals;
using testing::WriteLock;

namespace {

/// A server whose dispatcher waits for nothing when it stops, with jobs that have processes.
struct StoppingServer : testing::Server {
    explicit StoppingServer(std::size_t count) : testing::Server(16, 0ms) {
        for (std::size_t i = 0; i < count; ++i) jobs.push_back(launch(add_run_template(), moment));
        if (count == 0) return;
        dispatcher->start();
        executor.wait_for_start(count);
        for (const Job& job : jobs) wait_for_running(job.id);
    }
    /// The job of a process: which of two is started first is left to chance.
    Id<Job> job_of(std::size_t run) { return {executor.wait_for_start(run + 1).job_id}; }

    std::vector<Job> jobs;
};

}  // namespace

TEST_CASE("a job that outlives the dispatcher is recorded when it ends") {
    StoppingServer server(1);
    const auto job = server.jobs[0];
    server.executor.print(0, OutputStream::out, "before\n", server.moment);
    server.dispatcher.reset();
    CHECK(server.executor.wait_for_stop(0) == StopReason::shutdown);
    CHECK_FALSE(has_ended(server.get(job.id).state));
    server.executor.print(0, OutputStream::out, "after\n", server.moment);
    server.executor.finish(0,
                           {.exit_code = 137, .signal = 9, .stopped = StopReason::shutdown, .ended_at = server.moment});
    server.wait_for_end(job.id);
    const auto record = server.get(job.id);
    CHECK(record.state == JobState::cancelled);
    CHECK(record.exitcode == 137);
    CHECK(record.reason.value_or("").find("shut down") != std::string::npos);
    CHECK(record.reason.value_or("").find("files were not kept") != std::string::npos);
    CHECK(record.stdout_size == 13);
    CHECK(server.printed(job.id, OutputSource::standard_output) == "before\nafter\n");
    const auto streams = server.all<Artifact>({.equals = {{"job_id", job.id.value}}});
    REQUIRE(streams.size() == 2);
    CHECK(streams[0].size == 13);
}

TEST_CASE("a database that refuses until the dispatcher is gone gets the records later") {
    StoppingServer server(2);
    const auto ended = server.job_of(0), paused = server.job_of(1);
    const auto resumes = server.executor.resumes(1);
    {
        const WriteLock lock(server.database);
        server.executor.print(0, OutputStream::out, "last words\n", server.moment);
        server.executor.finish(0, {.ended_at = server.moment});
        const std::string piece(100'000, 'x');
        while (server.executor.print(1, OutputStream::out, piece, server.moment) == Flow::more) {
        }
        server.dispatcher.reset();
        CHECK_FALSE(has_ended(server.get(ended).state));
    }
    server.wait_for_end(ended);
    CHECK(server.get(ended).state == JobState::succeeded);
    CHECK(server.printed(ended, OutputSource::standard_output) == "last words\n");
    // The recorder has room again, but nobody is there any more to let the process go on.
    server.executor.finish(1, {.stopped = StopReason::shutdown, .ended_at = server.moment});
    server.wait_for_end(paused);
    CHECK(server.get(paused).stdout_size > 0);
    CHECK(server.executor.resumes(1) == resumes);
}

TEST_CASE("jobs of an earlier run are recorded when the dispatcher is gone, too") {
    StoppingServer server(0);
    const auto alive = server.launch(server.add_run_template(), server.moment);
    const auto gone = server.launch(server.add_run_template(), server.moment);
    REQUIRE(server.claim().size() == 2);
    REQUIRE(server.start(alive.id, "old:1"));
    REQUIRE(server.start(gone.id, "old:2"));
    server.executor.left = {{.handle = "old:1", .job_id = alive.id.value, .begin = server.moment}};
    {
        // From the moment at which the first of them is looked at.
        std::optional<WriteLock> lock;
        server.executor.on_start = [&](ProcessListener&) { lock.emplace(server.database); };
        server.dispatcher->start();
        REQUIRE(lock);
        server.dispatcher.reset();
    }
    server.wait_for_end(gone.id);
    CHECK(server.get(gone.id).state == JobState::lost);
    CHECK(server.executor.wait_for_stop(0) == StopReason::shutdown);
    server.executor.finish(0, {.exit_code = 255, .lost = "Nobody knows.", .ended_at = server.moment});
    server.wait_for_end(alive.id);
    CHECK(server.get(alive.id).state == JobState::lost);
}
