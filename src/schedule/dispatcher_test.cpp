// SPDX-License-Identifier: MIT
#include "support/moment.h"
#include "support/server.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Server;
using testing::test_time;
using testing::WriteLock;
using namespace std::chrono_literals;

TEST_CASE("a due job is claimed, started, heard and recorded") {
    Server server;
    server.change(server.application.id, [](Application& a) { a.arguments = "--job {MULTIFLEXI_JOB_ID}"; });
    const auto origin = server.add_run_template();
    const auto job = server.launch(origin, test_time);
    server.dispatcher->start();
    const auto plan = server.executor.wait_for_start(1);
    CHECK(plan.job_id == job.id.value);
    CHECK(plan.argv == std::vector<std::string>{"/bin/true", "--job", std::to_string(job.id.value)});
    CHECK(plan.environment.at("MULTIFLEXI_TMP") == plan.work_directory);
    CHECK(std::filesystem::exists(plan.work_directory));
    server.executor.print(0, OutputStream::out, "one\n", test_time);
    server.executor.print(0, OutputStream::err, "two\n", test_time);
    server.executor.print(0, OutputStream::out, "three\n", test_time);
    server.executor.finish(0, {.exit_code = 0, .ended_at = test_time + 5s});
    server.drain();
    const auto after = server.get(job.id);
    CHECK(after.state == JobState::succeeded);
    CHECK(after.begin == test_time);
    CHECK(after.end == test_time + 5s);
    CHECK(after.exitcode == 0);
    CHECK(after.command == "/bin/true --job " + std::to_string(job.id.value));
    CHECK_FALSE(after.pid);
    CHECK(after.handle == "fake:0");
    CHECK(after.stdout_size == 10);
    CHECK(after.stderr_size == 4);
    CHECK(server.printed(job.id, OutputSource::standard_output) == "one\nthree\n");
    CHECK(server.printed(job.id, OutputSource::standard_error) == "two\n");
    CHECK(server.all<Artifact>({.equals = {{"job_id", job.id.value}}}).size() == 2);
    server.executor.wait_for_kept(0, 14);
    server.executor.wait_for_forgotten("fake:0");
    CHECK(server.get(origin.id).successfull_jobs_count == 1);
    server.dispatcher.reset();
    CHECK(std::filesystem::is_empty(server.work()));
}

TEST_CASE("no more jobs run than there are slots; the end of one lets the next start") {
    Server server(2);
    for (int i = 0; i < 3; ++i) server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(2);
    CHECK(server.all<QueueEntry>().size() == 1);
    server.executor.finish(0);
    server.executor.wait_for_start(3);
    server.executor.finish(1);
    server.executor.finish(2);
    server.drain();
    for (const auto& job : server.all<Job>()) CHECK(job.state == JobState::succeeded);
}

TEST_CASE("jobs of one run template run one after the other") {
    Server server;
    const auto origin = server.add_run_template();
    server.launch(origin, test_time - 1s);
    server.launch(origin, test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.finish(0);
    server.executor.wait_for_start(2);
    server.executor.finish(1);
    server.drain();
    CHECK(server.get(origin.id).successfull_jobs_count == 2);
}

TEST_CASE("jobs that wait for others do not hide the next due moment") {
    Server server;
    const auto busy = server.add_run_template();
    server.launch(busy, test_time - 1s);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.launch(busy, test_time);
    const auto later = server.launch(server.add_run_template(), test_time + 5s);
    server.queue.notify();
    // Nothing else wakes the dispatcher: it has to know the moment.
    while (server.number(R"(SELECT COUNT(*) FROM "schedule" WHERE "waiting" = TRUE)") == 0) std::this_thread::yield();
    server.clock.advance(5s);
    CHECK(server.executor.wait_for_start(2).job_id == later.id.value);
    server.executor.finish(0);
    server.executor.wait_for_start(3);
    server.executor.finish(1);
    server.executor.finish(2);
    server.drain();
}

TEST_CASE("a running job is told to end when somebody cancels it, with and without a nudge") {
    for (const bool nudged : {true, false}) {
        Server server;
        const auto job = server.launch(server.add_run_template(), test_time);
        server.dispatcher->start();
        server.executor.wait_for_start(1);
        server.wait_for_running(job.id);
        REQUIRE(server.cancel(job.id));
        if (nudged) {
            server.cancelled.notify();
            server.queue.notify();
        } else {
            server.clock.advance(16s);
        }
        CHECK(server.executor.wait_for_stop(0) == StopReason::cancelled);
        server.executor.finish(0, {.exit_code = 143, .signal = 15, .stopped = StopReason::cancelled});
        server.drain();
        const auto after = server.get(job.id);
        CHECK(after.state == JobState::cancelled);
        CHECK(after.exitcode == 143);
        CHECK(after.reason == "No more.");
    }
}

TEST_CASE("a job that was cancelled between claim and start gets no process") {
    Server server;
    const auto job = server.launch(server.add_run_template(), test_time);
    REQUIRE(server.claim().size() == 1);
    REQUIRE(server.cancel(job.id));
    const auto claimed = server.get(job.id);
    server.database.write([&](Session& session) { give_back(session, claimed); });
    server.dispatcher->start();
    server.wait_for_end(job.id);
    server.drain();
    CHECK(server.get(job.id).state == JobState::cancelled);
    CHECK(server.get(job.id).reason == "No more.");
    CHECK(server.executor.starts() == 0);
}

TEST_CASE("a job whose required values are missing is blocked, and its reason names every one") {
    Server server;
    for (const auto* name : {"FIRST", "SECOND"})
        server.add(ApplicationField{
            .application_id = server.application.id, .name = name, .type = "string", .required = true});
    const auto job = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.wait_for_end(job.id);
    server.drain();
    const auto after = server.get(job.id);
    CHECK(after.state == JobState::blocked);
    CHECK(after.exitcode == 78);
    CHECK(after.reason.value_or("").find("FIRST") != std::string::npos);
    CHECK(after.reason.value_or("").find("SECOND") != std::string::npos);
    CHECK(server.executor.starts() == 0);
    CHECK(std::filesystem::is_empty(server.work()));
}

TEST_CASE("an executor that refuses makes a failed job, and its slot is free again") {
    Server server(1);
    server.executor.refusal = Error{ErrorCode::forbidden, "No room here."};
    const auto one = server.launch(server.add_run_template(), test_time);
    const auto two = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.wait_for_end(two.id);
    server.drain();
    for (const auto id : {one.id, two.id}) {
        CHECK(server.get(id).state == JobState::failed);
        CHECK(server.get(id).exitcode == 255);
        CHECK(server.get(id).reason.value_or("").find("No room here.") != std::string::npos);
    }
}

TEST_CASE("a job whose start meets a shortage goes back into the queue and is tried again in a moment") {
    Server server(1);
    server.executor.refusal = Error{ErrorCode::unavailable, "Too many open files."};
    const auto job = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.executor.wait_for_refusals(1);
    while (server.get(job.id).state != JobState::pending) std::this_thread::yield();
    CHECK_FALSE(server.get(job.id).claimed_by);
    CHECK(server.executor.starts() == 0);
    SUBCASE("by time") { server.clock.advance(1s); }
    SUBCASE("or because something changed") {
        server.clock.advance(2s);
        server.queue.notify();
    }
    CHECK(server.executor.wait_for_start(1).job_id == job.id.value);
    server.executor.finish(0);
    server.drain();
    CHECK(server.get(job.id).state == JobState::succeeded);
    server.dispatcher.reset();
    CHECK(std::filesystem::is_empty(server.work()));
}

TEST_CASE("a failed planned run is tried again") {
    Server server;
    const auto origin = server.add_run_template([](RunTemplate& r) {
        r.interv = "h";
        r.max_attempts = 2;
        r.retry_min_gap = 60;
    });
    server.plan(origin, test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.finish(0, {.exit_code = 1, .ended_at = test_time});
    while (server.all<Job>().size() < 2) std::this_thread::yield();
    server.clock.advance(60s);
    server.executor.wait_for_start(2);
    server.executor.finish(1, {.exit_code = 0, .ended_at = test_time + 61s});
    server.drain();
    const auto jobs = server.all<Job>();
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].state == JobState::failed);
    CHECK(jobs[1].state == JobState::succeeded);
    CHECK(jobs[1].attempt == 2);
}

TEST_CASE("a server that stops tells its jobs to end and records them") {
    Server server;
    const auto job = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.wait_for_running(job.id);
    std::jthread stopping([&] { server.dispatcher->stop(0ms); });
    CHECK(server.executor.wait_for_stop(0) == StopReason::shutdown);
    server.executor.finish(0, {.exit_code = 143, .stopped = StopReason::shutdown});
    stopping.join();
    CHECK(server.get(job.id).state == JobState::cancelled);
    CHECK(server.get(job.id).reason == "The server was shut down while the job was running.");
}

TEST_CASE("nothing is lost while the database refuses, and the job is held back") {
    Server server;
    const auto job = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.wait_for_running(job.id);
    const std::string piece(100'000, 'x');
    std::size_t pieces = 0;
    {
        const WriteLock lock(server.database);
        while (server.executor.print(0, OutputStream::out, piece, test_time) == Flow::more) {
            ++pieces;
            REQUIRE(pieces < 1000);
        }
        ++pieces;
    }
    server.executor.wait_for_resumes(0, 1);
    server.executor.finish(0);
    server.drain();
    CHECK(server.get(job.id).state == JobState::succeeded);
    CHECK(server.get(job.id).stdout_size == static_cast<std::int64_t>(pieces * piece.size()));
    CHECK(server.printed(job.id, OutputSource::standard_output).size() == pieces * piece.size());
}

TEST_CASE("output that is held back before the start is complete goes on afterwards") {
    Server server;
    const auto job = server.launch(server.add_run_template(), test_time);
    server.executor.on_start = [&](ProcessListener& process) {
        const std::string piece(1'000'000, 'x');
        while (process.wrote({.stream = OutputStream::out, .bytes = piece, .read_at = test_time}) == Flow::more) {
        }
        // When it is written the recorder asks for more, of a job that nobody can name yet.
        while (server.printed(job.id, OutputSource::standard_output).empty()) std::this_thread::yield();
    };
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.wait_for_resumes(0, 1);
    server.executor.finish(0);
    server.drain();
    CHECK(server.get(job.id).state == JobState::succeeded);
}

TEST_CASE("what a job prints beyond its limit is dropped, and a mark says so once") {
    Server server;
    const auto job = server.launch(server.add_run_template([](RunTemplate& r) { r.output_limit = 10; }), test_time);
    server.dispatcher->start();
    server.executor.wait_for_start(1);
    server.executor.print(0, OutputStream::out, "12345678", test_time);
    server.executor.print(0, OutputStream::err, "abcdef", test_time);
    server.executor.print(0, OutputStream::out, "more", test_time);
    server.executor.finish(0);
    server.drain();
    CHECK(server.printed(job.id, OutputSource::standard_output) == "12345678");
    CHECK(server.printed(job.id, OutputSource::standard_error) == "ab");
    const auto mark = server.printed(job.id, OutputSource::platform);
    CHECK(mark.find("output limit of 10 bytes") != std::string::npos);
    CHECK(mark.find("output limit", mark.find("output limit") + 1) == std::string::npos);
    CHECK(server.get(job.id).stdout_size == 8);
    CHECK(server.get(job.id).stderr_size == 2);
}
