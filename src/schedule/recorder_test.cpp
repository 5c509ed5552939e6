// SPDX-License-Identifier: MIT
#include "schedule/recorder.h"

#include "base/time_text.h"
#include "support/moment.h"
#include "support/queue.h"
#include "support/write_lock.h"

#include <doctest/doctest.h>
#include <atomic>
#include <future>
#include <random>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;
using testing::WriteLock;

namespace {

constexpr auto out = OutputSource::standard_output, err = OutputSource::standard_error;

/// A recorder alone; what would come from processes comes from the test.
struct RecorderDesk : testing::Queue {
    explicit RecorderDesk(Recorder::Pace pace = {.between_attempts = 1ms}) : testing::Queue(test_time, 50ms) {
        recorder.emplace(database, pace);
    }
    Id<Job> claimed() { return in_state(JobState::claimed).id; }
    std::shared_ptr<JobLog> log(Id<Job> job, std::int64_t limit = 0) {
        return recorder->open(job, 1, limit, [this] { ++resumed; });
    }
    JobStart start_of(Id<Job> job) const {
        return {.job = job, .fence = 1, .begin = test_time, .pid = 7, .handle = "h", .environment = "[]"};
    }
    JobEnd end_of(Id<Job> job) const {
        JobEnd end{.job = job, .fence = 1, .state = JobState::succeeded, .end = test_time + 1s, .exitcode = 0};
        for (const auto kind : {ArtifactKind::stdout_text, ArtifactKind::stderr_text})
            end.artifacts.push_back(
                {.job_id = job, .company_id = company.id, .kind = kind, .filename = "f", .note = "Text"});
        return end;
    }
    /// Hands in the end; the future tells when it is durable.
    std::future<void> end(Id<Job> job, std::shared_ptr<JobLog> log) {
        auto recorded = std::make_shared<std::promise<void>>();
        auto future = recorded->get_future();
        recorder->end(end_of(job), std::move(log), [recorded] { recorded->set_value(); });
        return future;
    }
    std::vector<OutputPiece> pieces(Id<Job> job) {
        return database.read(
            [&](Session& session) { return read_output(session, job, -1, std::nullopt, std::size_t{1} << 30); });
    }
    std::string printed(Id<Job> job, OutputSource source) {
        return database.read([&](Session& session) { return read_stream(session, job, source, 64 << 20); });
    }
    std::vector<Artifact> artifacts(Id<Job> job) { return all<Artifact>({.equals = {{"job_id", job.value}}}); }

    std::atomic<int> resumed = 0;
    std::optional<Recorder> recorder;
};

/// Looks until it is so; the test program has a limit of time, this has none.
template <class Condition>
void wait_until(Condition condition) {
    while (!condition()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("start, output and end are recorded in this order, also when they share a transaction") {
    RecorderDesk desk;
    const auto other = desk.claimed(), job = desk.claimed();
    const auto log = desk.log(job);
    std::future<void> recorded;
    {
        // While the recorder is busy with the refused start of another job, the rest comes together for one batch.
        const WriteLock lock(desk.database);
        desk.recorder->start(desk.start_of(other));
        wait_until([&] { return !desk.recorder->healthy(); });
        desk.recorder->append(log, out, "printed before its start is known\n", test_time);
        desk.recorder->start(desk.start_of(job));
        desk.recorder->append(log, err, "trouble\n", test_time + 1ms);
        recorded = desk.end(job, log);
    }
    recorded.get();
    const auto record = desk.get(job);
    // An end that came first would have refused the start.
    CHECK(record.begin == test_time);
    CHECK(record.handle == "h");
    CHECK(record.state == JobState::succeeded);
    CHECK(record.end == test_time + 1s);
    const auto pieces = desk.pieces(job);
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0].seq == 0);
    CHECK(pieces[0].source == out);
    CHECK(pieces[0].at == test_time);
    CHECK(pieces[1].seq == 1);
    CHECK(pieces[1].source == err);
    CHECK(pieces[1].at == test_time + 1ms);
}

TEST_CASE("an end that is reported is durable with everything that came before it") {
    RecorderDesk desk;
    for (int i = 0; i < 20; ++i) {
        const auto job = desk.claimed();
        const auto log = desk.log(job);
        desk.recorder->start(desk.start_of(job));
        std::promise<std::pair<JobState, std::size_t>> seen;
        desk.recorder->append(log, out, std::string(1000, 'x'), test_time);
        // From the callback itself: it must not come before the commit.
        desk.recorder->end(desk.end_of(job), log, [&] {
            seen.set_value({desk.get(job).state, desk.printed(job, out).size()});
        });
        CHECK(seen.get_future().get() == std::pair(JobState::succeeded, std::size_t{1000}));
    }
}

TEST_CASE("output of both streams is kept byte by byte, in order, with sizes and digests") {
    RecorderDesk desk;
    const auto job = desk.claimed();
    const auto log = desk.log(job);
    std::mt19937 random(4711);
    std::vector<std::pair<OutputSource, std::string>> printed;
    std::map<OutputSource, std::string> whole;
    for (int i = 0; i < 400; ++i) {
        // Every byte there is, in pieces around every limit of size: of compression, and of what is put together.
        std::string bytes(i % 50 == 0 ? 300'000 : random() % 1200 + 1, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        const auto source = random() % 2 ? out : err;
        desk.recorder->append(log, source, bytes, test_time + i * 1ms);
        whole[source] += bytes;
        if (!printed.empty() && printed.back().first == source)
            printed.back().second += bytes;
        else
            printed.emplace_back(source, std::move(bytes));
    }
    desk.end(job, log).get();
    std::vector<std::pair<OutputSource, std::string>> kept;
    std::int64_t seq = 0;
    Timestamp last{};
    for (auto& piece : desk.pieces(job)) {
        CHECK(piece.seq == seq++);
        CHECK(piece.at >= last);
        last = piece.at;
        if (!kept.empty() && kept.back().first == piece.source)
            kept.back().second += piece.bytes;
        else
            kept.emplace_back(piece.source, std::move(piece.bytes));
    }
    CHECK((kept == printed));
    const auto record = desk.get(job);
    CHECK(record.stdout_size == std::ssize(whole[out]));
    CHECK(record.stderr_size == std::ssize(whole[err]));
    const auto artifacts = desk.artifacts(job);
    REQUIRE(artifacts.size() == 2);
    CHECK(artifacts[0].size == std::ssize(whole[out]));
    CHECK(artifacts[0].sha256 == sha256_hex(whole[out]));
    CHECK(artifacts[1].size == std::ssize(whole[err]));
    CHECK(artifacts[1].sha256 == sha256_hex(whole[err]));
}

TEST_CASE("output waits for company, and then goes in few pieces") {
    RecorderDesk desk({.longest_wait = 1h, .between_attempts = 1ms});
    const auto one = desk.claimed(), other = desk.claimed();
    const auto log = desk.log(one);
    for (int i = 0; i < 1000; ++i) desk.recorder->append(log, out, "x", test_time + i * 1ms);
    // A start waits for nobody and takes it along.
    desk.recorder->start(desk.start_of(other));
    wait_until([&] { return desk.get(other).state == JobState::running; });
    const auto pieces = desk.pieces(one);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].bytes == std::string(1000, 'x'));
    CHECK(pieces[0].at == test_time);
}

TEST_CASE("output does not wait longer than it may, and much output does not wait at all") {
    SUBCASE("when nothing else happens") {
        RecorderDesk desk({.longest_wait = 1ms, .between_attempts = 1ms});
        const auto job = desk.claimed();
        const auto log = desk.log(job);
        for (const auto* text : {"one", "two"}) {
            desk.recorder->append(log, out, text, test_time);
            wait_until([&] { return desk.printed(job, out).ends_with(text); });
        }
    }
    SUBCASE("much of it") {
        RecorderDesk desk({.longest_wait = 1h, .between_attempts = 1ms});
        const auto job = desk.claimed();
        const auto log = desk.log(job);
        desk.recorder->append(log, out, std::string(600'000, 'x'), test_time);
        wait_until([&] { return desk.printed(job, out).size() == 600'000; });
    }
    // What is promised is 100 milliseconds until it is in the store.
    CHECK(Recorder::Pace{}.longest_wait + Recorder::Pace{}.between_writes < 100ms);
}

TEST_CASE("while the database refuses, memory is bounded, every job that writes is held back, and all go on later") {
    RecorderDesk desk;
    std::vector<Id<Job>> jobs;
    std::vector<std::shared_ptr<JobLog>> logs;
    for (int i = 0; i < 8; ++i) {
        jobs.push_back(desk.claimed());
        logs.push_back(desk.log(jobs.back()));
    }
    const std::string piece(100'000, 'x');
    std::map<std::size_t, std::size_t> printed;
    std::size_t together = 0;
    {
        const WriteLock lock(desk.database);
        for (std::size_t i = 0; i < logs.size(); ++i) {
            auto room = Recorder::Room::more;
            while (room == Recorder::Room::more) {
                room = desk.recorder->append(logs[i], out, piece, test_time);
                printed[i] += piece.size();
                together += piece.size();
                REQUIRE(together <= 8 << 20);
            }
            // Two megabytes for each, and what the recorder had taken already.
            CHECK(printed[i] <= (4 << 20));
        }
        CHECK(desk.recorder->append(logs[0], out, piece, test_time) == Recorder::Room::full);
        printed[0] += piece.size();
        CHECK(desk.resumed == 0);
        wait_until([&] { return !desk.recorder->healthy(); });
    }
    wait_until([&] { return desk.resumed >= 8; });
    CHECK(desk.resumed == 8);
    for (std::size_t i = 1; i < logs.size(); ++i) desk.end(jobs[i], logs[i]).get();
    CHECK(desk.recorder->append(logs[0], out, piece, test_time) == Recorder::Room::more);
    printed[0] += piece.size();
    desk.end(jobs[0], logs[0]).get();
    for (std::size_t i = 0; i < logs.size(); ++i) {
        CHECK(desk.get(jobs[i]).stdout_size == static_cast<std::int64_t>(printed[i]));
        CHECK(desk.printed(jobs[i], out).size() == printed[i]);
    }
    CHECK(desk.recorder->healthy());
}

TEST_CASE("a limit cuts the output of both streams together, to the byte, and says so in every place") {
    RecorderDesk desk;
    const auto job = desk.claimed();
    const auto log = desk.log(job, 10);
    desk.recorder->append(log, out, "12345678", test_time);
    desk.recorder->append(log, err, "abcdef", test_time);
    desk.recorder->append(log, out, "more", test_time);
    desk.recorder->append(log, OutputSource::platform, "a note of ours\n", test_time);
    desk.end(job, log).get();
    CHECK(desk.printed(job, out) == "12345678");
    CHECK(desk.printed(job, err) == "ab");
    const auto notes = desk.printed(job, OutputSource::platform);
    CHECK(notes.starts_with("[MultiFlexi: the output limit of 10 bytes is reached"));
    CHECK(notes.ends_with("]\na note of ours\n"));
    CHECK(std::ranges::count(notes, '\n') == 2);
    CHECK(desk.get(job).reason == "Of the output only the first 10 bytes were kept, its limit.");
    for (const auto& artifact : desk.artifacts(job))
        CHECK(artifact.note == "Text (Of the output only the first 10 bytes were kept, its limit.)");
    CHECK(desk.artifacts(job).at(0).sha256 == sha256_hex("12345678"));
}

TEST_CASE("the remark about a limit follows a reason that is no sentence as one of its own") {
    RecorderDesk desk;
    const auto job = desk.claimed();
    const auto log = desk.log(job, 1);
    desk.recorder->start(desk.start_of(job));
    desk.recorder->append(log, out, "more", test_time);
    std::promise<void> recorded;
    auto end = desk.end_of(job);
    end.state = JobState::failed;
    end.reason = "note";
    desk.recorder->end(std::move(end), log, [&] { recorded.set_value(); });
    recorded.get_future().wait();
    CHECK(desk.get(job).reason == "note. Of the output only the first 1 bytes were kept, its limit.");
}

TEST_CASE("output that just reaches its limit is not cut") {
    RecorderDesk desk;
    const auto job = desk.claimed();
    const auto log = desk.log(job, 10);
    desk.recorder->append(log, out, "1234567890", test_time);
    desk.recorder->append(log, err, "", test_time);
    desk.end(job, log).get();
    CHECK(desk.printed(job, out) == "1234567890");
    CHECK(desk.printed(job, OutputSource::platform).empty());
    CHECK_FALSE(desk.get(job).reason);
}

TEST_CASE("a recorder that stops waits for a database that accepts in time") {
    RecorderDesk desk({.between_attempts = 1ms, .patience_when_stopping = 1h});
    const auto job = desk.claimed();
    const auto log = desk.log(job);
    std::optional<std::jthread> stopping;
    std::future<void> recorded;
    {
        const WriteLock lock(desk.database);
        desk.recorder->start(desk.start_of(job));
        desk.recorder->append(log, out, "last words", test_time);
        recorded = desk.end(job, log);
        wait_until([&] { return !desk.recorder->healthy(); });
        stopping.emplace([&] { desk.recorder.reset(); });
    }
    stopping.reset();
    CHECK(recorded.wait_for(0s) == std::future_status::ready);
    CHECK(desk.get(job).state == JobState::succeeded);
    CHECK(desk.printed(job, out) == "last words");
}

TEST_CASE("a recorder that stops gives up when the database goes on refusing, and reports nothing as recorded") {
    RecorderDesk desk({.between_attempts = 1ms, .patience_when_stopping = 1ms});
    const auto job = desk.claimed();
    const auto log = desk.log(job);
    std::atomic<bool> recorded = false;
    {
        const WriteLock lock(desk.database);
        desk.recorder->start(desk.start_of(job));
        desk.recorder->append(log, out, "last words", test_time);
        desk.recorder->end(desk.end_of(job), log, [&] { recorded = true; });
        desk.recorder.reset();
    }
    CHECK_FALSE(recorded);
    // The next start of the server finds it so and declares it lost.
    CHECK(desk.get(job).state == JobState::claimed);
    CHECK(desk.pieces(job).empty());
}
