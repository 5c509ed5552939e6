// SPDX-License-Identifier: MIT
#include "store/queries/content.h"
#include "base/time_text.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

constexpr const char* digest = "a-digest";

struct ContentDesk : testing::Queue {
    template <class F>
    auto write(F work) {
        return database.write(work);
    }
    Id<Content> begin(Id<Job> job) {
        return write([&](Session& session) { return begin_content(session, job); });
    }
    void add_piece(Id<Content> content, std::int64_t seq, std::string_view bytes) {
        write([&](Session& session) { add_content_piece(session, content, seq, bytes); });
    }
    Result<void> finish(Id<Content> content, Id<Job> job, std::int64_t pieces) {
        return write([&](Session& session) { return finish_content(session, content, job, digest, 4, pieces); });
    }
    bool hold(Id<Job> job) {
        return write([&](Session& session) { return hold_content(session, digest, job); });
    }
    std::string content() {
        return database.read([](Session& session) {
            std::string all;
            for (std::int64_t seq = 0;; ++seq) {
                const auto piece = read_content_piece(session, digest, seq);
                if (!piece) return all;
                all += *piece;
            }
        });
    }
    void remove_unused() {
        const std::string digests[] = {digest};
        write([&](Session& session) { remove_unused_content(session, digests); });
    }
    void store_for(Id<Job> job) {
        const auto id = begin(job);
        add_piece(id, 0, "abcd");
        REQUIRE(finish(id, job, 1));
    }
    std::int64_t contents() { return number(R"(SELECT COUNT(*) FROM "content")"); }
    std::int64_t pieces() { return number(R"(SELECT COUNT(*) FROM "content_piece")"); }
};

}  // namespace

TEST_CASE("whole pieces of a content are left out by their lengths") {
    ContentDesk desk;
    const auto job = desk.in_state(JobState::running).id;
    const auto id = desk.begin(job);
    desk.add_piece(id, 0, std::string("a\0cd", 4));
    desk.add_piece(id, 1, "\xff\xfe");
    desk.add_piece(id, 2, "ghi");
    REQUIRE(desk.finish(id, job, 3));
    const auto within = [&](std::int64_t first, std::int64_t bytes) {
        const auto found =
            desk.database.read([&](Session& session) { return content_pieces_within(session, digest, first, bytes); });
        return std::pair(found.next_seq, found.bytes);
    };
    using Found = std::pair<std::int64_t, std::int64_t>;
    CHECK(within(0, 3) == Found{0, 0});
    CHECK(within(0, 4) == Found{1, 4});
    CHECK(within(0, 8) == Found{2, 6});
    CHECK(within(0, 100) == Found{3, 9});
    CHECK(within(1, 5) == Found{3, 5});
    CHECK(within(3, 5) == Found{3, 0});
}

TEST_CASE(
    "two jobs store the same content at the same time; the first to finish counts, and none of the other is left") {
    ContentDesk desk;
    const auto one = desk.in_state(JobState::running).id, other = desk.in_state(JobState::running).id;
    const auto first = desk.begin(one);
    desk.add_piece(first, 0, "ab");
    const auto second = desk.begin(other);
    desk.add_piece(second, 0, "abc");
    CHECK_FALSE(desk.hold(one));
    desk.add_piece(first, 1, "cd");
    CHECK(desk.content().empty());
    REQUIRE(desk.finish(first, one, 2));
    desk.add_piece(second, 1, "d");
    REQUIRE(desk.finish(second, other, 2));
    CHECK(desk.content() == "abcd");
    CHECK(desk.contents() == 1);
    CHECK(desk.pieces() == 2);
    // Held for both, so it stays until both have ended.
    REQUIRE(desk.end(one));
    desk.remove_unused();
    CHECK(desk.content() == "abcd");
    REQUIRE(desk.end(other));
    desk.remove_unused();
    CHECK(desk.contents() == 0);
    CHECK(desk.pieces() == 0);
}

TEST_CASE("a content of which pieces are missing is not finished") {
    ContentDesk desk;
    const auto job = desk.in_state(JobState::running).id;
    const auto content = desk.begin(job);
    desk.add_piece(content, 0, "ab");
    const auto finished = desk.finish(content, job, 2);
    REQUIRE_FALSE(finished);
    CHECK(finished.error().code == ErrorCode::conflict);
    CHECK_FALSE(desk.hold(job));
}

TEST_CASE("what was begun for a job that has ended is removed, what is being stored is not") {
    ContentDesk desk;
    const auto ended = desk.in_state(JobState::running).id, running = desk.in_state(JobState::running).id;
    desk.add_piece(desk.begin(ended), 0, "ab");
    desk.add_piece(desk.begin(running), 0, "ab");
    REQUIRE(desk.end(ended, JobState::lost));
    CHECK(desk.write([](Session& session) { return remove_abandoned_content(session); }) == 1);
    CHECK(desk.contents() == 1);
    CHECK(desk.pieces() == 1);
}

TEST_CASE("deleting a job deletes its content unless another artifact has it, whatever else runs") {
    ContentDesk desk;
    desk.in_state(JobState::running);
    std::vector<Id<Job>> jobs;
    for (int i = 0; i < 2; ++i) {
        const auto job = desk.in_state(JobState::running).id;
        if (!desk.hold(job)) desk.store_for(job);
        desk.write([&](Session& session) {
            const Artifact file{
                .job_id = job, .company_id = desk.company.id, .filename = "f", .size = 4, .sha256 = digest};
            record_end(session, {.job = job,
                                 .fence = 1,
                                 .state = JobState::succeeded,
                                 .end = desk.moment,
                                 .exitcode = 0,
                                 .artifacts = {file}});
        });
        jobs.push_back(job);
    }
    const auto erase = [&](Id<Job> job) {
        return desk.write([&](Session& session) { return erase_job(session, Scope::everything(), job, desk.moment); });
    };
    REQUIRE(erase(jobs[0]));
    CHECK(desk.content() == "abcd");
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "content_hold")") == 0);
    REQUIRE(erase(jobs[1]));
    CHECK(desk.contents() == 0);
}
