// SPDX-License-Identifier: MIT
#include "schedule/job_memo.h"
#include "support/moment.h"
#include "support/server.h"

#include <doctest/doctest.h>
#include <fstream>

// What a server does with the jobs of the run before.

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct RecoveringServer : testing::Server {
    /// A job that an earlier run claimed.
    Id<Job> claimed() {
        const auto job = launch(add_run_template(), test_time);
        if (claim().size() != 1) throw std::runtime_error("nothing was claimed");
        return job.id;
    }
    /// A job whose start an earlier run recorded.
    Id<Job> running() {
        const auto id = claimed();
        database.write([&, fence = get(id).fence](Session& session) {
            record_start(
                session,
                {.job = id, .fence = fence, .begin = test_time - 5s, .pid = 1, .handle = "old", .environment = "[]"});
        });
        return id;
    }
    void add_output(Id<Job> id, OutputPiece piece) {
        const auto packed = pack(id, get(id).fence, std::move(piece));
        database.write([&](Session& session) { return append_output(session, std::span(&packed, 1)); });
    }
    /// What its executor knows of it.
    Executor::Survivor survivor(Id<Job> id, PreparedJob prepared = {.app_version = "1.2", .command = "probe"}) {
        prepared.plan.job_id = id.value;
        prepared.environment = "[]";
        auto directory = testing::must(WorkDirectory::create(work(), id.value));
        directory.keep();
        return {.handle = "left:" + std::to_string(id.value),
                .job_id = id.value,
                .begin = test_time - 6s,
                .pid = 12,
                .work_directory = directory.path(),
                .memo = seal_memo(vault, prepared)};
    }
};

void write(const std::filesystem::path& file, std::string_view text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a running job is taken up behind the output that is recorded") {
    RecoveringServer server;
    const auto id = server.running();
    server.add_output(id, {.seq = 0, .at = test_time, .bytes = "one\n"});
    server.add_output(id, {.seq = 1, .at = test_time, .source = OutputSource::standard_error, .bytes = "error\n"});
    const auto survivor = server.survivor(
        id, {.artifacts = {.patterns = {"^report"}}, .artifact_notes = {"The report"}, .app_version = "1.2"});
    write(survivor.work_directory / "report.txt", "done");
    server.executor.left = {survivor};
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    CHECK(server.executor.recovered_from(0) == 10);
    CHECK(server.dispatcher->running() == 1);
    server.executor.print(0, OutputStream::out, "two\n", test_time);
    server.executor.finish(0,
                           {.exit_code = 3, .remark = "A part of its output is missing.", .ended_at = test_time + 1s});
    server.drain();
    const auto record = server.get(id);
    // The remark does not take the place of what the exit code says.
    CHECK(record.reason ==
          "The application ended with exit code 3, which its definition does not explain. A part of its output is "
          "missing.");
    CHECK(record.state == JobState::failed);
    CHECK(record.exitcode == 3);
    CHECK(record.begin == test_time - 5s);
    CHECK(record.end == test_time + 1s);
    CHECK(record.app_version == "1.2");
    CHECK(record.stdout_size == 8);
    CHECK(server.printed(id, OutputSource::standard_output) == "one\ntwo\n");
    CHECK(server.printed(id, OutputSource::standard_error) == "error\n");
    const auto artifacts = server.all<Artifact>({.equals = {{"job_id", id.value}}});
    REQUIRE(artifacts.size() == 3);
    CHECK(std::ranges::count(artifacts, "report.txt", &Artifact::filename) == 1);
    CHECK(std::ranges::count(artifacts, sha256_hex("one\ntwo\n"), &Artifact::sha256) == 1);
    server.executor.wait_for_forgotten(survivor.handle);
    server.dispatcher.reset();
    CHECK(std::filesystem::is_empty(server.work()));
}

TEST_CASE("a job whose start was not recorded any more gets its true begin") {
    RecoveringServer server;
    const auto id = server.claimed();
    server.executor.left = {server.survivor(id)};
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.wait_for_running(id);
    CHECK(server.get(id).begin == test_time - 6s);
    CHECK(server.get(id).command == "probe");
    CHECK(server.get(id).pid == 12);
    server.executor.finish(0, {.ended_at = test_time});
    server.drain();
    CHECK(server.get(id).state == JobState::succeeded);
}

TEST_CASE("a job that was claimed and never began runs once") {
    RecoveringServer server;
    const auto id = server.claimed();
    server.dispatcher->start();
    CHECK(server.executor.wait_for_start(1).job_id == id.value);
    server.executor.finish(0);
    server.drain();
    CHECK(server.get(id).state == JobState::succeeded);
    CHECK(server.executor.starts() == 1);
}

TEST_CASE("a job that was claimed by a server that may live elsewhere does not run again") {
    RecoveringServer server;
    const auto id = server.claimed();
    server.dispatcher =
        std::make_unique<Dispatcher>(server.database, server.clock, server.vault, server.executor, server.recorder,
                                     Dispatcher::Options{.node = "node",
                                                         .work_base = server.work(),
                                                         .surroundings = {},
                                                         .unbegun = Dispatcher::Options::Unbegun::lost},
                                     server.queue, server.cancelled);
    server.dispatcher->start();
    server.wait_for_end(id);
    server.drain();
    CHECK(server.get(id).state == JobState::lost);
    CHECK(server.get(id).reason->find("whether it began the job is not known") != std::string::npos);
    CHECK(server.executor.starts() == 0);
}

TEST_CASE("a running job of which nothing is left is lost, and the next of its run template goes") {
    RecoveringServer server;
    const auto id = server.running();
    server.add_output(id, {.seq = 0, .at = test_time, .bytes = "so far\n"});
    const auto next = server.launch(server.get(server.get(id).runtemplate_id), test_time);
    server.dispatcher->start();
    CHECK(server.executor.wait_for_start(1).job_id == next.id.value);
    server.executor.finish(0);
    server.drain();
    CHECK(server.get(id).state == JobState::lost);
    CHECK(server.get(id).exitcode == 255);
    CHECK(server.get(id).reason);
    CHECK(server.get(id).stdout_size == 7);
    CHECK(server.get(next.id).state == JobState::succeeded);
}

TEST_CASE("a job whose memo does not open is recorded truly, and its files stay") {
    RecoveringServer server;
    const auto id = server.running();
    auto survivor = server.survivor(id);
    write(survivor.work_directory / "report.txt", "done");
    survivor.memo = survivor.memo.substr(0, survivor.memo.size() / 2);
    server.executor.left = {survivor};
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.finish(0, {.exit_code = 4, .ended_at = test_time});
    server.drain();
    const auto record = server.get(id);
    CHECK(record.state == JobState::failed);
    CHECK(record.exitcode == 4);
    CHECK(record.reason.value_or("").find("files could not be stored") != std::string::npos);
    CHECK(record.reason.value_or("").find("kept-") != std::string::npos);
}

TEST_CASE("files of a job that ended while no server was there wait until they are stored") {
    RecoveringServer server;
    const auto id = server.running();
    const auto survivor =
        server.survivor(id, {.artifacts = {.patterns = {"^report"}}, .artifact_notes = {"The report"}});
    write(survivor.work_directory / "report.txt", "done");
    server.executor.left = {survivor};
    std::optional<testing::WriteLock> lock;
    server.executor.on_start = [&](ProcessListener& job) {
        lock.emplace(server.database);
        job.ended({.ended_at = test_time});
    };
    server.dispatcher->start();
    CHECK(std::filesystem::exists(survivor.work_directory / "report.txt"));
    lock.reset();
    server.drain();
    const auto artifacts = server.all<Artifact>({.equals = {{"job_id", id.value}}});
    CHECK(std::ranges::count(artifacts, "report.txt", &Artifact::filename) == 1);
    CHECK(server.get(id).reason.value_or("").empty());
}

TEST_CASE("a job that has its end already, or belongs to nobody, is ended and forgotten") {
    RecoveringServer server;
    server.executor.left = {server.survivor({4711})};
    const auto handle = server.executor.left[0].handle;
    server.dispatcher->start();
    CHECK(server.executor.wait_for_stop(0) == StopReason::shutdown);
    server.executor.finish(0);
    server.executor.wait_for_forgotten(handle);
    server.drain();
}

TEST_CASE("somebody wanted the job to end while no server was there") {
    RecoveringServer server;
    const auto id = server.running();
    REQUIRE(server.cancel(id));
    server.executor.left = {server.survivor(id)};
    server.dispatcher->start();
    CHECK(server.executor.wait_for_stop(0) == StopReason::cancelled);
    server.executor.finish(0, {.exit_code = 143, .stopped = StopReason::cancelled, .ended_at = test_time});
    server.drain();
    CHECK(server.get(id).state == JobState::cancelled);
}

TEST_CASE("the mark about the limit of output is not repeated") {
    RecoveringServer server;
    const auto id = server.running();
    server.add_output(id, {.seq = 0, .at = test_time, .bytes = "12345"});
    server.add_output(id, {.seq = 1, .at = test_time, .source = OutputSource::platform, .bytes = "cut\n"});
    PreparedJob prepared;
    prepared.plan.output_limit = 5;
    server.executor.left = {server.survivor(id, prepared)};
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.print(0, OutputStream::out, "6", test_time);
    server.executor.finish(0, {.ended_at = test_time});
    server.drain();
    CHECK(server.printed(id, OutputSource::standard_output) == "12345");
    CHECK(server.printed(id, OutputSource::platform) == "cut\n");
    CHECK(server.get(id).reason.value_or("").find("first 5 bytes") != std::string::npos);
}

TEST_CASE("a server that stops leaves running jobs, and its next run takes them up") {
    RecoveringServer server;
    const auto job = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    const auto plan = server.executor.wait_for_start(1);
    server.wait_for_running(job.id);
    server.dispatcher->stop(0ms, Dispatcher::Running::leave);
    CHECK(server.executor.has_left());
    CHECK(server.get(job.id).state == JobState::running);
    CHECK(std::filesystem::exists(plan.work_directory));
    CHECK(server.dispatcher->running() == 0);
    server.dispatcher.reset();
    CHECK(std::filesystem::exists(plan.work_directory));
    const auto known = open_memo(server.vault, plan.memo, job.id);
    REQUIRE(known);
    CHECK(known->command == "/bin/true");
    CHECK(known->app_version == "1.0");
}
