// SPDX-License-Identifier: MIT
// A dispatcher whose node may lose its lease.
#include "base/uptime.h"
#include "support/server.h"

#include <doctest/doctest.h>
#include <latch>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct LeasedServer : testing::Server {
    LeasedServer() {
        const Node self{.name = "node", .roles = "executor", .boot = "b", .host = "h", .environment = "{}"};
        us = database.write(
            [&](Session& session) { return take_node(session, self, std::nullopt, moment, 120s).value(); });
        lease.renewed(us, 120s);
        dispatcher = std::make_unique<Dispatcher>(
            database, clock, vault, executor, recorder,
            Dispatcher::Options{.node = "node", .work_base = work(), .surroundings = {}, .lease = &lease}, queue,
            cancelled);
    }
    ~LeasedServer() { dispatcher.reset(); }

    /// Lets time go by until the dispatcher has tried to claim, and has begun to try again.
    void let_it_try() {
        const int before = tries;
        while (tries < before + 2) {
            clock.advance(1s);
            std::this_thread::yield();
        }
    }
    void set_draining(bool draining) {
        database.write(
            [&](Session& session) { session.sql.execute(R"(UPDATE "node" SET "draining" = ?)", {draining}); });
    }

    NodeIdentity us;
    std::atomic<std::chrono::milliseconds> uptime{0ms};
    std::atomic<int> tries = 0;
    std::atomic<bool> loses_connection = false;
    HeldLease lease{[this] {
        ++tries;
        if (loses_connection.exchange(false))
            throw sql::DatabaseError(sql::DatabaseError::Kind::uncertain, "lost while it was claiming");
        return uptime.load();
    }};
};

}  // namespace

TEST_CASE("a server whose lease is over claims nothing until it has it again") {
    LeasedServer server;
    server.uptime = 120s;
    const auto job = server.launch(server.add_run_template(), server.moment);
    server.dispatcher->start();
    server.let_it_try();
    CHECK(server.get(job.id).state == JobState::pending);
    server.lease.renewed(server.us, 240s);
    server.clock.advance(1s);
    server.executor.wait_for_start(1);
    server.executor.finish(0);
    server.wait_for_end(job.id);
    CHECK(server.get(job.id).state == JobState::succeeded);
}

TEST_CASE("a server whose node drains, or whose name another one has, claims nothing") {
    LeasedServer server;
    const auto job = server.launch(server.add_run_template(), server.moment);
    bool other = false;
    SUBCASE("draining") { server.set_draining(true); }
    SUBCASE("another server") {
        other = true;
        server.database.write(
            [](Session& session) { session.sql.execute(R"(UPDATE "node" SET "incarnation" = "incarnation" + 1)"); });
    }
    server.dispatcher->start();
    server.let_it_try();
    CHECK(server.get(job.id).state == JobState::pending);
    if (other) return;
    server.set_draining(false);
    server.clock.advance(1s);
    server.executor.wait_for_start(1);
    server.executor.finish(0);
    server.wait_for_end(job.id);
}

TEST_CASE("a server leaves alone what another one with its name has claimed") {
    LeasedServer server;
    const auto job = server.launch(server.add_run_template(), server.moment);
    REQUIRE(server.claim().size() == 1);
    server.launch(server.add_run_template(), server.moment);
    server.database.write(
        [](Session& session) { session.sql.execute(R"(UPDATE "node" SET "incarnation" = "incarnation" + 1)"); });
    const auto claimed = server.get(job.id);
    // It does not know what became of its first claim, and looks for jobs that it may have claimed.
    server.loses_connection = true;
    server.dispatcher->start();
    CHECK(server.get(job.id).fence == claimed.fence);
    server.let_it_try();
    CHECK(server.get(job.id).state == JobState::claimed);
    CHECK(server.get(job.id).fence == claimed.fence);
    CHECK(server.executor.starts() == 0);
}

TEST_CASE("a job that is claimed but not started when the lease ends goes back into the queue") {
    LeasedServer server;
    std::latch two_are_starting(2), go(1);
    server.executor.on_start = [&](ProcessListener&) {
        two_are_starting.count_down();
        go.wait();
    };
    for (int i = 0; i < 3; ++i) server.launch(server.add_run_template(), server.moment);
    server.dispatcher->start();
    // There are two threads that start jobs: the third one waits for its turn.
    two_are_starting.wait();
    server.uptime = 120s;
    SUBCASE("it stays over") {}
    SUBCASE("it is regained: in between others may have declared the job lost") {
        const NodeIdentity again{server.us.name, server.us.incarnation + 1};
        server.database.write([&](Session& session) {
            session.sql.execute(R"(UPDATE "node" SET "incarnation" = ?, "draining" = ?)", {again.incarnation, true});
        });
        server.lease.renewed(again, 240s);
    }
    go.count_down();
    server.executor.wait_for_start(2);
    while (server.all<QueueEntry>().empty()) std::this_thread::yield();
    for (std::size_t run = 0; run < 2; ++run) server.executor.finish(run, {.ended_at = server.moment});
    server.drain();
    CHECK(server.executor.starts() == 2);
    CHECK(server.all<Job>({.equals = {{"state", std::string("pending")}}}).size() == 1);
}

TEST_CASE("a job is to be started before the lease under which it was claimed is over, or not at all") {
    LeasedServer server;
    server.uptime = 20s;
    server.launch(server.add_run_template(), server.moment);
    const auto before = uptime();
    server.dispatcher->start();
    const auto plan = server.executor.wait_for_start(1);
    REQUIRE(plan.start_until);
    CHECK(*plan.start_until >= before + 100s);
    CHECK(*plan.start_until <= uptime() + 100s);
    server.executor.finish(0);
    server.drain();
}

TEST_CASE("processes of jobs that somebody else has recorded or taken over are ended, the others go on") {
    LeasedServer server;
    std::vector<Id<Job>> jobs;
    for (int i = 0; i < 3; ++i) jobs.push_back(server.launch(server.add_run_template(), server.moment).id);
    server.dispatcher->start();
    server.executor.wait_for_start(3);
    for (const auto id : jobs) server.wait_for_running(id);
    server.dispatcher->end_disowned();
    std::map<std::int64_t, std::size_t> run_of;
    for (std::size_t run = 0; run < 3; ++run) run_of[server.executor.wait_for_start(run + 1).job_id] = run;
    REQUIRE(server.end(jobs[0], JobState::lost, 255));
    server.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "job" SET "fence" = "fence" + 1 WHERE "id" = ?)", {jobs[1].value});
    });
    server.dispatcher->end_disowned();
    server.executor.wait_for_stop(run_of[jobs[0].value]);
    server.executor.wait_for_stop(run_of[jobs[1].value]);
    for (std::size_t run = 0; run < 3; ++run) server.executor.finish(run, {.exit_code = 0, .ended_at = server.moment});
    server.wait_for_end(jobs[2]);
    server.drain();
    CHECK(server.get(jobs[0]).state == JobState::lost);
    CHECK(server.get(jobs[1]).state == JobState::running);
    CHECK(server.get(jobs[2]).state == JobState::succeeded);
}
