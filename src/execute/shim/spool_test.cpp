// SPDX-License-Identifier: MIT
#include "execute/shim/spool.h"

#include "execute/shim/request.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

using namespace mf;
using mf::testing::TemporaryDirectory;

namespace {

struct PreparedSpool {
    TemporaryDirectory base;
    Spool spool = *Spool::open(base.path() / "0");
    std::uint32_t ticket = *spool.prepare(7, "this boot", "/jobs/job-7", "memo");

    std::string rest(std::uint64_t from = 0) const {
        SpoolReader reader(spool, from);
        std::string out;
        while (const auto piece = reader.next()) {
            out += piece->chunk.stream == OutputStream::out ? "o:" : "e:";
            out += piece->chunk.bytes;
            CHECK(piece->chunk.read_at == Timestamp(std::chrono::milliseconds(5)));
        }
        CHECK(reader.complaint().empty());
        return out;
    }
    bool append(std::string_view bytes, OutputStream stream = OutputStream::out) const {
        return spool.append(stream, Timestamp(std::chrono::milliseconds(5)), bytes);
    }
};

}  // namespace

TEST_CASE_FIXTURE(PreparedSpool, "what is written is read again, from any byte on") {
    CHECK(append("one"));
    CHECK(append("two", OutputStream::err));
    CHECK(append("three"));
    CHECK(rest() == "o:onee:twoo:three");
    CHECK(rest(2) == "o:ee:twoo:three");
    CHECK(rest(3) == "e:twoo:three");
    CHECK(rest(11).empty());
    CHECK(spool.memo() == "memo");
    CHECK(spool.header().payload.load() == 11);
    // As after a restart.
    const auto again = *Spool::attach(base.path() / "0");
    SpoolReader reader(again, 6);
    CHECK(reader.next()->chunk.bytes == "three");
    CHECK_FALSE(reader.next());
    CHECK(append("four"));
    CHECK(reader.has_more());
    CHECK(reader.next()->offset == 15);
}

TEST_CASE_FIXTURE(PreparedSpool, "large pieces and many small ones") {
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes(static_cast<std::size_t>(i % 700 + 1), static_cast<char>('a' + i % 26));
        REQUIRE(append(bytes));
        expected += bytes;
    }
    for (int i = 0; i < 5; ++i) {
        const std::string bytes(most_of_a_frame, static_cast<char>('A' + i));
        REQUIRE(append(bytes));
        expected += bytes;
    }
    SpoolReader reader(spool, 0);
    std::string out;
    std::uint64_t freed = spool.first_frame();
    while (const auto piece = reader.next()) {
        out += piece->chunk.bytes;
        CHECK(piece->offset == out.size());
        spool.advance(piece->position, freed);
    }
    CHECK(out == expected);
    // What has been given back is not read any more, and the rest follows.
    CHECK(append("last"));
    CHECK(rest(expected.size()) == "o:last");
}

TEST_CASE_FIXTURE(PreparedSpool, "who makes a step first goes on, the other does not") {
    CHECK(spool.phase() == SpoolPhase::requested);
    CHECK(spool.step(ticket, SpoolPhase::requested, SpoolPhase::free));
    CHECK_FALSE(spool.step(ticket, SpoolPhase::requested, SpoolPhase::taken));
    // The same file for another job: the old request is still void.
    const auto next = *spool.prepare(8, "this boot", "/jobs/job-8", "");
    CHECK(next != ticket);
    CHECK_FALSE(spool.step(ticket, SpoolPhase::requested, SpoolPhase::taken));
    CHECK_FALSE(spool.release(ticket));
    CHECK(spool.step(next, SpoolPhase::requested, SpoolPhase::taken));
    CHECK(spool.release(next));
    CHECK(spool.phase() == SpoolPhase::free);
    CHECK(rest().empty());
}

TEST_CASE_FIXTURE(PreparedSpool, "the lock tells whether a shim lives, and which") {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const Descriptor theirs(told[1]), ours(told[0]);
    const auto child = ::fork();
    if (child == 0) {
        const auto same = Spool::attach(base.path() / "0");
        const char locked = same && same->lock() ? 'y' : 'n';
        if (::write(theirs.get(), &locked, 1) == 1) ::pause();
        ::_exit(1);
    }
    char locked = 0;
    REQUIRE(::read(ours.get(), &locked, 1) == 1);
    CHECK(locked == 'y');
    CHECK_FALSE(spool.lives_by_lock());  // another process than the header says
    spool.header().shim_pid = child;
    CHECK(spool.lives_by_lock());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK_FALSE(spool.lives_by_lock());
}

TEST_CASE_FIXTURE(PreparedSpool, "an end is kept in the page") {
    spool.tell_end({.exit_code = 143,
                    .signal = 15,
                    .stopped = StopReason::time_limit,
                    .user_time = std::chrono::microseconds(3),
                    .system_time = std::chrono::microseconds(4),
                    .peak_memory = 5,
                    .left_behind = 6,
                    .ended_at = Timestamp(std::chrono::milliseconds(8))});
    const auto end = Spool::attach(base.path() / "0")->end();
    CHECK(end.exit_code == 143);
    CHECK(end.signal == 15);
    CHECK(end.stopped == StopReason::time_limit);
    CHECK(end.user_time.count() == 3);
    CHECK(end.system_time.count() == 4);
    CHECK(end.peak_memory == 5);
    CHECK(end.left_behind == 6);
    CHECK(end.start_error.empty());
    CHECK(end.ended_at == Timestamp(std::chrono::milliseconds(8)));
}

TEST_CASE_FIXTURE(PreparedSpool, "what cannot be written leaves everything as it was") {
    CHECK(append("one"));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit low{spool.header().written.load() + 30, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
    const bool kept = append("longer than there is room for");
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK_FALSE(kept);
    CHECK(rest() == "o:one");
    CHECK(append("two"));
    CHECK(rest() == "o:oneo:two");
}

TEST_CASE_FIXTURE(PreparedSpool, "damage and gaps are told, and end nothing") {
    CHECK(append("one"));
    CHECK(append("two"));
    const auto at = static_cast<off_t>(spool.first_frame());
    SUBCASE("a frame that is none") {
        const std::uint32_t size = 0xffffffff;
        REQUIRE(::pwrite(spool.descriptor(), &size, sizeof size, at) == static_cast<ssize_t>(sizeof size));
        SpoolReader reader(spool, 0);
        CHECK_FALSE(reader.next());
        CHECK(reader.complaint().find("damaged") != std::string::npos);
        CHECK_FALSE(reader.has_more());
    }
    SUBCASE("a file that is shorter than it should be") {
        REQUIRE(::ftruncate(spool.descriptor(), at + 30) == 0);
        SpoolReader reader(spool, 0);
        CHECK(reader.next()->chunk.bytes == "one");
        CHECK_FALSE(reader.next());
        CHECK_FALSE(reader.complaint().empty());
    }
    SUBCASE("output that was given back and is not known elsewhere") {
        std::uint64_t freed = spool.first_frame();
        spool.advance(spool.first_frame() + sizeof(SpoolFrame) + 3, freed);
        SpoolReader reader(spool, 0);
        CHECK(reader.next()->chunk.bytes == "two");
        CHECK(reader.complaint().find("missing") != std::string::npos);
    }
}

TEST_CASE("a file that is none of ours is refused") {
    const TemporaryDirectory base;
    const auto file = base.path() / "0";
    {
        const auto made = Spool::open(file);
        REQUIRE(made);
        made->header().magic = 5;
    }
    CHECK(Spool::open(file).error().code == ErrorCode::conflict);
    CHECK(Spool::open(base.path() / "nowhere" / "0").error().message.find("nowhere") != std::string::npos);
    CHECK_FALSE(Spool::attach(base.path() / "1"));
}

TEST_CASE("a request arrives as it was sent, and nothing else is understood") {
    const ShimRequest sent{.command = {.argv = {"program", "", "two\nlines"},
                                       .environment = {{"A", "1"}, {"B", ""}},
                                       .directory = "/work",
                                       .file_mode_mask = 027,
                                       .limit = std::chrono::seconds(5),
                                       .grace = std::chrono::seconds(6),
                                       .resources = {.memory = 7, .file_size = ~std::uint64_t{0}},
                                       .mark = "A=1",
                                       .own_directory = "/work"},
                           .secrets = {"secret"},
                           .output_limit = 9};
    const auto bytes = pack(sent);
    const auto got = unpack_request(bytes);
    REQUIRE(got);
    CHECK(got->command.argv == sent.command.argv);
    CHECK(got->command.environment == sent.command.environment);
    CHECK(got->command.directory == "/work");
    CHECK(got->command.file_mode_mask == 027);
    CHECK(got->command.limit == std::chrono::seconds(5));
    CHECK(got->command.grace == std::chrono::seconds(6));
    CHECK(got->command.resources.memory == 7);
    CHECK_FALSE(got->command.resources.cpu);
    CHECK(got->command.resources.file_size == std::uint64_t{INT64_MAX});
    CHECK(got->command.mark == "A=1");
    CHECK(got->command.dies_with_us);
    CHECK(got->secrets == sent.secrets);
    CHECK(got->output_limit == 9);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(unpack_request(std::string_view(bytes).substr(0, size)));
}
