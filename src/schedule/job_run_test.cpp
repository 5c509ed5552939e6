// SPDX-License-Identifier: MIT
#include "schedule/job_run.h"

#include "base/time_text.h"
#include "support/moment.h"
#include "support/queue.h"
#include "support/write_lock.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <future>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

/// Runs without a dispatcher: the test calls what the executor and the supervisor would.
struct RunDesk : testing::Queue {
    RunDesk() : testing::Queue(test_time, 50ms) {}
    std::shared_ptr<JobRun> run(PreparedJob prepared = {}) {
        launch(add_run_template(), test_time);
        auto claimed = claim();
        auto made = std::make_shared<JobRun>(
            claimed.at(0), std::move(prepared),
            testing::must(WorkDirectory::create(directory(), claimed.at(0).job.id.value)), recorder,
            [this](std::shared_ptr<JobRun> done) { finished.push_back(std::move(done)); });
        made->open_log([this] { resumed.set_value(); });
        return made;
    }
    /// Hands in the end of a run and waits until it is recorded.
    Job record(JobRun& of) {
        std::promise<void> recorded;
        recorder.end(end_of(of), of.log(), [&] { recorded.set_value(); });
        recorded.get_future().wait();
        return get(of.claimed().job.id);
    }
    std::string printed(const JobRun& of, OutputSource source) {
        return database.read(
            [&](Session& session) { return read_stream(session, of.claimed().job.id, source, 64 << 20); });
    }

    std::vector<std::shared_ptr<JobRun>> finished;
    std::promise<void> resumed;
    Recorder recorder{database};
};

const Executor::Started started{.handle = "handle:1", .pid = 4711};

/// How a run is recorded that ended so.
JobEnd end_after(const ProcessEnd& how, PreparedJob prepared = {}) {
    RunDesk desk;
    const auto run = desk.run(std::move(prepared));
    run->was_started(started, test_time);
    run->ended(how);
    return end_of(*run);
}

}  // namespace

TEST_CASE("a run has finished when it was started and has ended, whichever is known first") {
    RunDesk desk;
    SUBCASE("the start first") {
        const auto run = desk.run();
        CHECK_FALSE(run->handle());
        run->was_started(started, test_time);
        CHECK(run->handle() == "handle:1");
        CHECK(desk.finished.empty());
        run->ended({.exit_code = 3, .ended_at = test_time + 5s});
    }
    SUBCASE("the end first: a short process is quicker than the thread that started it") {
        const auto run = desk.run();
        run->wrote({.stream = OutputStream::out, .bytes = "quick\n", .read_at = test_time});
        run->ended({.exit_code = 3, .ended_at = test_time + 5s});
        CHECK(desk.finished.empty());
        CHECK_FALSE(run->handle());
        run->was_started(started, test_time);
        CHECK(desk.record(*run).stdout_size == 6);
    }
    REQUIRE(desk.finished.size() == 1);
    const auto& run = *desk.finished[0];
    CHECK(run.end().exit_code == 3);
    CHECK(run.begin() == test_time);
    const auto record = has_ended(desk.get(run.claimed().job.id).state) ? desk.get(run.claimed().job.id)
                                                                        : desk.record(*desk.finished[0]);
    CHECK(record.state == JobState::failed);
    CHECK(record.exitcode == 3);
    CHECK(record.begin == test_time);
    CHECK(record.handle == "handle:1");
    CHECK(record.end == test_time + 5s);
}

TEST_CASE("how a process ended becomes state, exit code and reason of its job") {
    SUBCASE("by itself") {
        const auto good = end_after({.exit_code = 0, .ended_at = test_time + 1s});
        CHECK(good.state == JobState::succeeded);
        CHECK(good.exitcode == 0);
        CHECK_FALSE(good.reason);
        const auto bad = end_after({.exit_code = 255, .ended_at = test_time + 1s});
        CHECK(bad.state == JobState::failed);
        CHECK(bad.exitcode == 255);
        CHECK_FALSE(bad.reason);  // what the code means is said by the finisher, which knows the definition
    }
    SUBCASE("by a signal of its own") {
        const auto end = end_after({.exit_code = 139, .signal = 11});
        CHECK(end.state == JobState::failed);
        CHECK(end.exitcode == 139);
    }
    SUBCASE("at its time limit, even if it then ended well") {
        PreparedJob prepared;
        prepared.plan.limit = 90s;
        for (const int code : {0, 143, 137}) {
            const auto end = end_after({.exit_code = code, .stopped = StopReason::time_limit}, prepared);
            CHECK(end.state == JobState::timed_out);
            CHECK(end.exitcode == 124);
            CHECK(end.reason ==
                  fmt::format("It reached its time limit of {} and was ended (exit code {} of the process).",
                              format_duration(90s), code));
        }
    }
    SUBCASE("cancelled: the reason of the request stays") {
        for (const int code : {0, 143}) {
            const auto end = end_after({.exit_code = code, .stopped = StopReason::cancelled});
            CHECK(end.state == JobState::cancelled);
            CHECK(end.exitcode == code);
            CHECK_FALSE(end.reason);
        }
    }
    SUBCASE("at a shutdown") {
        const auto end = end_after({.exit_code = 143, .signal = 15, .stopped = StopReason::shutdown});
        CHECK(end.state == JobState::cancelled);
        CHECK(end.exitcode == 143);
        CHECK(end.reason == "The server was shut down while the job was running.");
    }
    SUBCASE("because it printed too much") {
        const auto end = end_after({.exit_code = 143, .stopped = StopReason::output_limit});
        CHECK(end.state == JobState::failed);
        CHECK(end.exitcode == 143);
        CHECK(end.reason == "It printed more than it may.");
    }
    SUBCASE("never started") {
        for (const int code : {126, 127}) {
            const auto end = end_after({.exit_code = code, .start_error = "There is no program /nowhere."});
            CHECK(end.state == JobState::failed);
            CHECK(end.exitcode == code);
            CHECK(end.reason == "There is no program /nowhere.");
        }
    }
}

TEST_CASE("processes that could not be ended are told of, with and without another reason") {
    CHECK(end_after({.exit_code = 143, .stopped = StopReason::cancelled, .left_behind = 2}).reason ==
          "2 of its processes could not be ended.");
    CHECK(end_after({.exit_code = 137, .stopped = StopReason::shutdown, .left_behind = 1}).reason ==
          "The server was shut down while the job was running. 1 of its processes could not be ended.");
}

TEST_CASE("the measures of a process reach its record, and its end is never before its begin") {
    PreparedJob prepared;
    prepared.app_version = "1.2";
    const auto end = end_after(
        {.user_time = 1500us, .system_time = 700us, .peak_memory = 5'000'000, .ended_at = test_time - 3s}, prepared);
    CHECK(end.cpu_ms == 2);
    CHECK(end.max_rss_kib == 4882);
    CHECK(end.app_version == "1.2");
    // The clock was set back while it ran.
    CHECK(end.end == test_time);
    CHECK_FALSE(end_after({}).max_rss_kib);
}

TEST_CASE("a lost process is recorded as lost, with the reason") {
    const auto end = end_after({.exit_code = 255, .lost = "Nobody knows.", .remark = "Some of it is missing."});
    CHECK(end.state == JobState::lost);
    CHECK(end.exitcode == 255);
    CHECK(end.reason == "Nobody knows. Some of it is missing.");
    CHECK_FALSE(end.cpu_ms);
}

TEST_CASE("a job that is taken up goes on where its record ends") {
    RunDesk desk;
    const auto run = desk.run({.command = "probe", .environment = "[]"});
    const auto id = run->claimed().job.id;
    const auto text = [](std::string_view bytes) { return OutputChunk{OutputStream::out, bytes, test_time}; };
    const Executor::Survivor survivor{.handle = "handle:2", .begin = test_time - 5s, .pid = 12};
    SUBCASE("its start was not recorded") {
        run->was_taken_up(survivor);
        run->ended({.ended_at = test_time});
        const auto record = desk.record(*run);
        CHECK(record.begin == test_time - 5s);
        CHECK(record.handle == "handle:2");
        CHECK(record.command == "probe");
        CHECK(record.state == JobState::succeeded);
    }
    SUBCASE("its start and a part of its output were recorded") {
        run->was_started(started, test_time - 7s);
        run->wrote(text("one "));
        while (desk.printed(*run, OutputSource::standard_output).empty()) std::this_thread::yield();
        JobRun later({.job = desk.get(id)}, {}, WorkDirectory(), desk.recorder, [](const std::shared_ptr<JobRun>&) {});
        later.open_log(nullptr);
        for (const auto& piece :
             desk.database.read([&](Session& session) { return read_output(session, id, -1, std::nullopt); }))
            later.log()->add_recorded(piece);
        CHECK(later.log()->recorded() == 4);
        later.was_taken_up(survivor);
        later.wrote(text("two"));
        std::promise<void> recorded;
        auto end = end_of(later);
        end.artifacts = {{.job_id = id,
                          .company_id = later.claimed().job.company_id,
                          .kind = ArtifactKind::stdout_text,
                          .filename = "stdout.txt",
                          .created_at = test_time}};
        desk.recorder.end(std::move(end), later.log(), [&] { recorded.set_value(); });
        recorded.get_future().wait();
        const auto record = desk.get(id);
        CHECK(desk.printed(*run, OutputSource::standard_output) == "one two");
        CHECK(record.begin == test_time - 7s);
        CHECK(record.handle == "handle:1");
        CHECK(record.stdout_size == 7);
        const auto artifacts = desk.all<Artifact>({.equals = {{"job_id", id.value}}});
        REQUIRE(artifacts.size() == 1);
        CHECK(artifacts[0].sha256 == sha256_hex("one two"));
    }
}

TEST_CASE("what a job has left stays until somebody has recorded its end") {
    RunDesk desk;
    auto run = desk.run();
    const auto directory = run->directory().path();
    SUBCASE("it was started") {
        run->was_started(started, test_time);
        run->ended({.ended_at = test_time});
        desk.finished.clear();
        run.reset();
        CHECK(std::filesystem::exists(directory));
    }
    SUBCASE("it never began") {
        run.reset();
        CHECK_FALSE(std::filesystem::exists(directory));
    }
}

TEST_CASE("a process is held back while there is no room, and resumed later") {
    RunDesk desk;
    const auto run = desk.run();
    run->was_started(started, test_time);
    const std::string bytes(100'000, 'x');
    std::size_t printed = 0;
    {
        const testing::WriteLock lock(desk.database);
        while (run->wrote({.stream = OutputStream::out, .bytes = bytes, .read_at = test_time}) == Flow::more) {
            printed += bytes.size();
            REQUIRE(printed < 20'000'000);
        }
        printed += bytes.size();
    }
    desk.resumed.get_future().wait();
    run->ended({.ended_at = test_time});
    CHECK(desk.record(*run).stdout_size == static_cast<std::int64_t>(printed));
}
